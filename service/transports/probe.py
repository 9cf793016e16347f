"""Looks whether a login works: adapter of ``connections.ports.MailServerProbe``."""

import socket
from collections.abc import Iterator

from service.connections.credential import MailLogin
from service.connections.ports import ProbeName, ProbeStep
from service.connections.way import WayKind
from service.smtp.errors import SmtpError
from service.smtp.pool import SessionPool
from service.smtp.replies import Phase
from service.transports.smtp_accounts import SmtpAccounts
from service.transports.smtp_errors import delivery_error

_STEP_OF = {
    Phase.CONNECT: ProbeName.CONNECT,
    Phase.GREETING: ProbeName.CONNECT,
    Phase.EHLO: ProbeName.CONNECT,
    Phase.TLS: ProbeName.ENCRYPT,
    Phase.STARTTLS: ProbeName.ENCRYPT,
    Phase.AUTH: ProbeName.SIGN_IN,
}


class SmtpProbe:
    """Has a first conversation with a mail server, over a session of its own, and sends nothing."""

    def __init__(self, pool: SessionPool, accounts: SmtpAccounts) -> None:
        self._pool = pool
        self._accounts = accounts

    def probe(self, login: MailLogin, kind: WayKind, sender: str) -> list[ProbeStep]:
        host = login.server.host
        try:
            found = sorted({str(entry[4][0]) for entry in socket.getaddrinfo(host, login.server.port)})
        except (OSError, UnicodeError) as error:  # UnicodeError: no name that the DNS could know
            return [ProbeStep(ProbeName.RESOLVE, "mail-server-unknown", str(error))]
        return [ProbeStep(ProbeName.RESOLVE, reply=", ".join(found)), *self._talk(login, kind, sender)]

    def _talk(self, login: MailLogin, kind: WayKind, sender: str) -> Iterator[ProbeStep]:
        try:
            self._pool.try_out(self._accounts.of_login(login, kind), sender)
        except SmtpError as error:
            failure = delivery_error(kind, error)
            failed = _STEP_OF.get(error.phase, ProbeName.SENDER)
            yield from _before(failed)
            yield ProbeStep(failed, failure.code, failure.reply)
        else:
            yield from _before(None)


def _before(failed: ProbeName | None) -> Iterator[ProbeStep]:
    """The steps that went well, after the name was found."""
    for name in (ProbeName.CONNECT, ProbeName.ENCRYPT, ProbeName.SIGN_IN, ProbeName.SENDER):
        if name is failed:
            return
        yield ProbeStep(name)
