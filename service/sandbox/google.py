"""The state of the sandbox's Google, and what a test can do to it in the same process.

The control API offers the same over HTTP.
"""

import threading
from collections import Counter, deque
from dataclasses import dataclass, field

from service.clock import Clock, SystemClock
from service.errors import InvalidRequestError, Problem
from service.sandbox.accounts import PROJECT, Account, Client, Directory
from service.sandbox.delegation import Delegation, Delegations
from service.sandbox.faults import Faults
from service.sandbox.limits import SendingLimits
from service.sandbox.parts import attachments
from service.sandbox.post import INBOX, PostOffice, times_sent
from service.sandbox.scopes import CLOUD
from service.sandbox.service_accounts import ServiceAccounts, key_file
from service.sandbox.smtp.options import AppPasswords, Relay, SmtpOptions
from service.sandbox.spool import Slice, Spool
from service.sandbox.tokens import Tokens

KEY_HEADER = "X-Postausgang-Id"
_REMEMBERED_REJECTED = 100
PRELOADED = (
    ("mia.berger@gmail.com", "Mia Berger"),
    ("rechnung@beispiel.example", "Beispiel GmbH, Rechnungen"),
    ("jonas.weber@beispiel.example", "Jonas Weber"),
)


@dataclass(slots=True)
class Counters:
    """How often each thing happened; safe for many threads."""

    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str) -> None:
        """One more."""
        with self._lock:
            self._counts[name] += 1

    def __getitem__(self, name: str) -> int:
        with self._lock:
            return self._counts[name]

    def all(self) -> dict[str, int]:
        """Every count that is not 0."""
        with self._lock:
            return dict(self._counts)

    def clear(self) -> None:
        """Begin again at 0."""
        with self._lock:
            self._counts.clear()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A mail that SMTP refused after its last byte, as it came.

    Attributes:
        row: the row of the SMTP fault table, without its ``smtp_``.
    """

    sender: str
    recipients: tuple[str, ...]
    code: int
    row: str
    content: Slice


class Google:
    """Accounts, clients, tokens, mailboxes, faults and counters."""

    def __init__(self, clock: Clock | None = None, *, token_lifetime_s: int = 3599) -> None:
        self.clock = clock or SystemClock()
        self.directory = Directory()
        self.tokens = Tokens(self.clock, token_lifetime_s)
        self.post = PostOffice()
        self.spool = Spool()
        self.faults = Faults(self.clock)
        self.arm = self.faults.arm
        self.counters = Counters()
        self.smtp = SmtpOptions()
        self.ports: dict[str, int] = {}
        self.rejected: deque[Rejected] = deque(maxlen=_REMEMBERED_REJECTED)
        self.relay = Relay()
        self.passwords = AppPasswords()
        self.app_password = self.passwords.create
        self.revoke_app_passwords = self.passwords.revoke
        self.limits = SendingLimits(self.clock, self.post)
        self.service_accounts = ServiceAccounts()
        self.delegations = Delegations()
        self.delegation = Delegation(self.clock, self.service_accounts, self.directory, self.delegations)
        self.stopping = threading.Event()
        for address, name in PRELOADED:
            self.directory.put_account(address, name)

    def add_account(
        self,
        address: str,
        name: str = "",
        aliases: frozenset[str] = frozenset(),
        *,
        pending: frozenset[str] = frozenset(),
    ) -> Account:
        """Make an account; outside gmail.com it is a Workspace account of its domain."""
        return self.directory.put_account(address, name, _lower(aliases), pending=_lower(pending))

    def client_file(self, url: str, redirect_uris: list[str]) -> dict[str, dict[str, object]]:
        """Register a client and give its file, in the shape that Google's console downloads."""
        client: Client = self.directory.add_client(tuple(redirect_uris))
        return {
            "web": {
                "client_id": client.client_id,
                "project_id": PROJECT,
                "auth_uri": f"{url}/o/oauth2/v2/auth",
                "token_uri": f"{url}/token",
                "auth_provider_x509_cert_url": f"{url}/oauth2/v1/certs",
                "client_secret": client.client_secret,
                "redirect_uris": redirect_uris,
            }
        }

    def service_account(self, url: str) -> dict[str, str]:
        """Make a service account with a key, and give the key's file as Google's console downloads it."""
        account = self.service_accounts.create()
        return key_file(account, self.service_accounts.add_key(account), url)

    def workload(self, email: str, *, principal: str = "workload@sandbox.example") -> str:
        """Let a principal sign as a service account: the role, and a Bearer token of the principal for IAM.

        Raises:
            InvalidRequestError: there is no such service account.
        """
        account = self.service_accounts.find(email)
        if account is None:
            raise InvalidRequestError(Problem("/service_account", "unknown", "There is no such account."))
        account.token_creators.add(principal)
        return self.tokens.issue_access(principal, "workload", CLOUD)

    def mailbox(self, address: str, *, with_attachments: bool = True) -> list[dict[str, object]]:
        """What an address received, oldest first; hashes are worked out on the first look."""
        return [
            {
                "id": mail.mail_id,
                "from": mail.letter.field("from"),
                "subject": mail.subject,
                "message_id": mail.letter.field("message-id"),
                "x_postausgang_id": mail.letter.field(KEY_HEADER),
                "transport": mail.transport,
                "attachments": [part.summary() for part in attachments(mail.letter)]
                if with_attachments
                else [],
            }
            for mail in self.post.box(address, INBOX)
        ]

    def sent(self) -> list[dict[str, object]]:
        """Every accepted mail, oldest first; ``count`` tells how often its X-Postausgang-Id was accepted."""
        mails = self.post.sent()
        times = times_sent(mails, KEY_HEADER)
        keys = [(mail, mail.letter.field(KEY_HEADER)) for mail in mails]
        return [
            {
                "account": mail.owner,
                "id": mail.mail_id,
                "x_postausgang_id": key,
                "transport": mail.transport,
                "recipients": list(mail.letter.recipients),
                "count": times[key] if key else 1,
            }
            for mail, key in keys
        ]

    def revoke(self, account: str) -> None:
        """The account holder removes the app at myaccount.google.com, or changes the password."""
        self.tokens.forget(account)

    def expire_tokens(self, account: str | None = None) -> int:
        """End access tokens before their time; says how many."""
        return self.tokens.expire_access(account)


def _lower(addresses: frozenset[str]) -> frozenset[str]:
    return frozenset(address.lower() for address in addresses)
