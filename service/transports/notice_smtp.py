"""The operator's own mail server as a way to owners: adapter of ``notices.ports.NoticeSender``."""

import hashlib
from pathlib import Path

import structlog
from pydantic import SecretStr

from service.clock import Clock, SystemClock
from service.connections.connection import Connection
from service.connections.credential import Encryption, MailServer
from service.connections.way import WayKind
from service.errors import ConfigurationError, UncertainDeliveryError
from service.identifiers import new_id
from service.mail.address import Address, AddressError, parse_address
from service.mail.compose import compose
from service.mail.message import Message, Stamp
from service.notices.ports import Letter
from service.settings import Settings
from service.smtp.errors import SmtpError
from service.smtp.kept import Account
from service.smtp.pool import SessionPool
from service.smtp.sasl import Plain
from service.smtp.session import Server
from service.smtp.submission import Submission
from service.transports.smtp_errors import delivery_error

log = structlog.get_logger(__name__)


class OperatorMail:
    """Serves ``NoticeSender`` by SMTP, for tenants without another connection that works.

    Such mails are rare: each has a session of its own, which ends with it.
    """

    name = "operator"

    def __init__(
        self, account: Account, sender: Address, *, ca_file: Path | None, clock: Clock | None = None
    ) -> None:
        self._account = account
        self._sender = sender
        self._ca_file = ca_file
        self._clock = clock or SystemClock()

    def is_open(self, about: Connection) -> bool:  # noqa: ARG002, whatever it tells of
        return True

    def send(self, letter: Letter) -> bool:
        composition = compose(_message(letter, self._sender), self._stamp(letter))
        submission = Submission(
            sender=self._sender.spec,
            recipients=(letter.about.address,),
            size_bytes=composition.size_bytes,
            open=lambda: iter(composition),
            hand_over=lambda: None,
        )
        pool = SessionPool(ca_file=self._ca_file)
        try:
            pool.send(self._account, submission)
        except SmtpError as error:
            failure = delivery_error(WayKind.SMTP_SERVER, error)
            if not isinstance(failure, UncertainDeliveryError):
                raise failure from error
            # It may have been taken, and a reminder follows: rather one mail too few than two.
            log.warning("notice may be lost", connection=letter.about.id, error=failure.code)
        finally:
            pool.close()
        return True

    def _stamp(self, letter: Letter) -> Stamp:
        """The same Message-ID for the same letter: after a crash its reader's program shows one copy."""
        mark = hashlib.sha256(letter.key.encode()).hexdigest()[:32]
        domain = self._sender.spec.rpartition("@")[2]
        return Stamp(new_id("ntc"), f"<{mark}@{domain}>", self._clock.now())


def operator_mail(settings: Settings) -> OperatorMail | None:
    """The operator's mail server, where the settings name one.

    Raises:
        ConfigurationError: its sender is no address.
    """
    if not settings.notice_smtp:
        return None
    try:
        sender = parse_address(settings.notice_smtp_from)
    except AddressError as error:
        raise ConfigurationError(f"POSTAUSGANG_NOTICE_SMTP_FROM: {error}") from None
    named = MailServer.parse(settings.notice_smtp)
    server = Server(named.host, named.port, starttls=named.encryption is Encryption.STARTTLS)
    login = _login(settings.notice_smtp_user, settings.notice_smtp_password)
    account = Account("operator", server, login, settings.own_mail_name)
    return OperatorMail(account, sender, ca_file=settings.smtp_ca_file)


def _login(user: str, password: SecretStr | None) -> Plain | None:
    return Plain(user, password) if user and password is not None else None


def _message(letter: Letter, sender: Address) -> Message:
    return Message(
        sender=sender,
        to=(Address(letter.about.address),),
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
    )
