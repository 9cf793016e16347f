"""Looks whether a login works: adapter of ``connections.ports.MailServerProbe``."""

import socket
from collections.abc import Iterator

from service.connections.credential import MailLogin
from service.connections.ports import ProbeName, ProbeStep
from service.connections.way import WayKind
from service.smtp.errors import SmtpError
from service.smtp.pool import SessionPool
from service.transports.smtp_accounts import SmtpAccounts
from service.transports.smtp_errors import delivery_error


class SmtpProbe:
    """Has a first conversation with a mail server, over a session of its own, and sends nothing."""

    def __init__(self, pool: SessionPool, accounts: SmtpAccounts) -> None:
        self._pool = pool
        self._accounts = accounts

    def probe(self, login: MailLogin, kind: WayKind, sender: str) -> Iterator[ProbeStep]:
        host = login.server.host
        try:
            found = sorted({str(entry[4][0]) for entry in socket.getaddrinfo(host, login.server.port)})
        except (OSError, UnicodeError) as error:  # UnicodeError: no name that the DNS could know
            yield ProbeStep(ProbeName.RESOLVE, "mail-server-unknown", str(error))
            return
        yield ProbeStep(ProbeName.RESOLVE, reply=", ".join(found))
        steps = iter((ProbeName.CONNECT, ProbeName.ENCRYPT, ProbeName.SIGN_IN, ProbeName.SENDER))
        try:
            for _ in self._pool.try_out(self._accounts.of_login(login, kind), sender):
                yield ProbeStep(next(steps))
        except SmtpError as error:
            failure = delivery_error(kind, error)
            yield ProbeStep(next(steps), failure.code, failure.reply)
