"""One SMTP conversation (RFC 5321, 3207, 4954, 2920, 3030), in Google's words and with Google's refusals."""

import secrets
from collections.abc import Callable

from service.sandbox.google import Google
from service.sandbox.smtp import replies
from service.sandbox.smtp.certificate import authority
from service.sandbox.smtp.houses import House
from service.sandbox.smtp.line import Line, ViolationError
from service.sandbox.smtp.play import CutError, ResetError, play
from service.sandbox.smtp.replies import Reply, refused, said
from service.sandbox.smtp.sign_in import AuthError, Credentials, collect, error_challenge, verify
from service.sandbox.smtp.transaction import Transaction
from service.sandbox.smtp.visit import Octets, Visit, domain_of, is_number, read_path

_UNKNOWN_COMMANDS = 10
_GO_AHEAD, _BAD_CREDENTIALS = 354, 535


class Session:
    """Answers one client until it leaves, or is shown the door."""

    def __init__(self, google: Google, house: House, line: Line) -> None:
        self._google = google
        self._house = house
        self._line = line
        self._visit = Visit(line.guest.address)
        self._transaction = Transaction(google, house, self._visit)
        self._name = f"{secrets.token_hex(6)}-{secrets.token_hex(5)}sm{secrets.randbelow(10**8)}"
        self._is_over = False
        self._unknown = 0
        self._commands: dict[str, Callable[[str], None]] = {
            "EHLO": lambda name: self._hello(name, is_extended=True),
            "HELO": lambda name: self._hello(name, is_extended=False),
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "BDAT": self._bdat,
            "RSET": self._rset,
            "NOOP": lambda _: self._say(replies.NOOP),
            "VRFY": lambda _: self._say(replies.VERIFY),
            "QUIT": lambda _: self._say(replies.GOODBYE),
        }

    def run(self) -> None:
        """Greet, then answer command by command."""
        try:
            self._answer("greeting", lambda: said(220, "", f"{self._house.name} ESMTP"))
            while not self._is_over:
                self._next()
        except ViolationError:
            self._google.counters.add("smtp:violations")
            self._say(refused("violation"))
        except CutError as cut:
            self._line.flush()
            if isinstance(cut, ResetError):
                self._line.reset()
            return
        self._line.close()

    def _next(self) -> None:
        verb, _, argument = self._line.read_line().decode("utf-8", "replace").partition(" ")
        command = self._commands.get(verb.upper())
        if command is not None:
            command(argument.strip())
            return
        self._unknown += 1
        self._say(refused("unrecognized"))
        self._is_over = self._unknown >= _UNKNOWN_COMMANDS

    def _hello(self, name: str, *, is_extended: bool) -> None:
        self._answer("ehlo", lambda: self._welcome(name, is_extended=is_extended))

    def _welcome(self, name: str, *, is_extended: bool) -> Reply:
        wrong = self._house.check_name(name) if name else refused("ehlo_argument")
        if wrong is not None:
            return wrong
        self._visit.helo = name
        self._transaction.reset()
        hello = f"{self._house.name} at your service"
        if not is_extended:
            return said(250, "", hello, tail="")
        lines = (f"{hello}, [{self._visit.address}]", *self._extensions())
        return Reply(250, "", lines, tail="")

    def _extensions(self) -> list[str]:
        options = self._google.smtp
        tls = "STARTTLS" if options.starttls else ""
        offered = (
            f"SIZE {options.size}",
            "8BITMIME" if options.eight_bit else "",
            f"AUTH {self._house.mechanisms}" if self._line.is_secure else tls,
            "ENHANCEDSTATUSCODES",
            "PIPELINING" if options.pipelining else "",
            "CHUNKING" if options.chunking else "",
            "SMTPUTF8" if options.smtputf8 else "",
        )
        return [extension for extension in offered if extension]

    def _starttls(self, argument: str) -> None:
        if not self._google.smtp.starttls:
            self._say(refused("unrecognized"))
        elif self._line.is_secure:
            self._say(refused("starttls_repeated"))
        elif argument:
            self._say(replies.NO_PARAMETERS)
        elif self._line.has_more:
            self._google.counters.add("smtp:starttls_violations")
            self._say(refused("violation_starttls"))
            self._is_over = True
        else:
            reply = self._answer("starttls", lambda: replies.READY_FOR_TLS)
            if reply is not None and reply.code == replies.READY_FOR_TLS.code:
                self._line.secure(authority().context)
                self._visit.helo = ""  # RFC 3207 §4.2: all that was said before is forgotten
                self._transaction.reset()

    def _auth(self, argument: str) -> None:
        if not self._visit.helo:
            self._say(replies.EHLO_FIRST)
        elif not self._line.is_secure:
            self._say(refused("starttls_first"))
        elif self._visit.account is not None or self._transaction.is_open:
            self._say(replies.NO_CHANGE)
        else:
            self._sign_in(argument)

    def _sign_in(self, argument: str) -> None:
        try:
            shown = collect(argument, self._house.mechanisms, self._ask)
        except AuthError as error:
            self._say(refused(error.args[0]))
            return
        self._answer("auth", lambda: verify(self._google, self._visit, shown), shown.user, shown)

    def _ask(self, challenge: str) -> str:
        self._line.send(f"334 {challenge}\r\n".encode())
        return self._line.read_line().decode("utf-8", "replace")

    def _mail(self, argument: str) -> None:
        path = read_path(argument)
        self._answer(
            "mail",
            lambda: self._transaction.begin(path, is_secure=self._line.is_secure),
            path[0] if path else "",
        )

    def _rcpt(self, argument: str) -> None:
        path = read_path(argument)
        self._answer("rcpt", lambda: self._transaction.add(path), path[0] if path else "")

    def _data(self, argument: str) -> None:
        if argument:
            self._say(refused("syntax_555"))
            return
        reply = self._answer("data", self._transaction.ask_for_data)
        if reply is not None and reply.code == _GO_AHEAD:
            self._interrupt()
            self._end(self._line.read_data(self._google.smtp.size))

    def _bdat(self, argument: str) -> None:
        """RFC 3030 §2: the octets come whether the server likes them or not."""
        words = argument.upper().split()
        if not self._google.smtp.chunking:
            self._say(refused("unrecognized"))
            return
        if not words or not is_number(words[0]) or words[1:] not in ([], ["LAST"]):
            self._say(refused("syntax_555"))
            return
        size, is_last = int(words[0]), words[1:] == ["LAST"]
        wrong = self._transaction.check_chunk(size)
        self._interrupt()
        if wrong is not None:
            self._line.skip(size)
            self._say(wrong)
        else:
            self._transaction.add_chunk(self._line.read_octets(size))
            self._end_chunk(is_last=is_last)
        if is_last:
            self._transaction.reset()

    def _end_chunk(self, *, is_last: bool) -> None:
        if is_last:
            self._end(self._transaction.chunks())
            return
        reply = self._answer("bdat", lambda: replies.NOOP)
        if reply is None or not reply.is_good:
            self._transaction.spoil()

    def _end(self, content: Octets | None) -> None:
        self._answer("end", lambda: self._transaction.end(content))
        self._transaction.reset()

    def _rset(self, _argument: str) -> None:
        self._transaction.reset()
        self._say(replies.FLUSHED)

    def _interrupt(self) -> None:
        """A fault in the middle of a mail: when its first bytes are there."""
        armed = self._google.faults.next(f"{self._house.place}:body", self._who())
        if armed is None:
            return
        self._line.sip()
        reply = play(self._google, self._line, armed, lambda: replies.NOOP, self._words(""))
        if reply is not None and not reply.is_good:
            self._say(reply)
            self._line.flush()
            raise CutError

    def _answer(
        self, phase: str, usual: Callable[[], Reply], other: str = "", shown: Credentials | None = None
    ) -> Reply | None:
        """Answer as usual, unless a fault is armed for this phase; ``other`` is whom the command names."""
        armed = self._google.faults.next(f"{self._house.place}:{phase}", self._who(), other)
        reply = usual() if armed is None else play(self._google, self._line, armed, usual, self._words(other))
        if reply is not None:
            if shown is not None and shown.is_token and reply.code == _BAD_CREDENTIALS:
                self._ask(error_challenge())
            self._say(reply)
        return reply

    def _say(self, reply: Reply) -> None:
        self._line.send(reply.encode(f"{self._name}.{self._transaction.number}"))
        if reply.closes:
            self._is_over = True

    def _who(self) -> str:
        return self._visit.account.address if self._visit.account else self._transaction.sender

    def _words(self, other: str) -> dict[str, str]:
        who = self._who() or other
        return {"ip": self._visit.address, "account": who, "domain": domain_of(who), "recipient": other}
