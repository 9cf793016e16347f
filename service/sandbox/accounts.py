"""Who has an account at the sandbox's Google, and which OAuth clients are registered there."""

import hashlib
import secrets
import threading
from dataclasses import dataclass, field

CONSUMER_DOMAINS = frozenset({"gmail.com", "googlemail.com"})
PROJECT = "postausgang-sandbox"


@dataclass(frozen=True, slots=True)
class Account:
    """One Google account.

    Attributes:
        subject_id: ``sub`` of the ID token: 21 digits, never reused.
        aliases: verified *send mail as* addresses, lower case.
        pending: those whose owner has not yet confirmed them.
    """

    address: str
    name: str
    aliases: frozenset[str] = frozenset()
    pending: frozenset[str] = frozenset()

    @property
    def subject_id(self) -> str:
        """The same for the same address in every sandbox, so that tests can name it."""
        number = int.from_bytes(hashlib.sha256(self.key.encode()).digest()[:8], "big")
        return str(10**20 + number % 10**20)

    @property
    def key(self) -> str:
        """Equal for two spellings of one mailbox."""
        return self.address.lower()

    @property
    def hosted_domain(self) -> str | None:
        """The Workspace domain; ``None`` for a consumer account."""
        domain = self.key.rpartition("@")[2]
        return None if domain in CONSUMER_DOMAINS else domain


@dataclass(slots=True)
class Client:
    """One OAuth client of the type *web application*.

    Attributes:
        state: ``active``, ``disabled`` or ``deleted``.
        internal_domain: set when the consent screen is Internal: only accounts of this domain may use it.
        test_users: set when it is in Testing: only these addresses may use it.
    """

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    state: str = "active"
    internal_domain: str | None = None
    test_users: frozenset[str] | None = None


class Directory:
    """All accounts and clients; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, Account] = {}
        self._clients: dict[str, Client] = {}
        self._domains: set[str] = set()
        self._groups: set[str] = set()
        self._count = 0

    def accounts(self) -> list[Account]:
        """In the order they were made."""
        with self._lock:
            return list(self._accounts.values())

    def find_account(self, address: str) -> Account | None:
        """The account of this address, in any spelling."""
        with self._lock:
            return self._accounts.get(address.lower())

    def add_group(self, address: str) -> None:
        """Make a Google group: it receives mail, but nobody can act as it."""
        with self._lock:
            self._groups.add(address.lower())

    def is_group(self, address: str) -> bool:
        """Whether this is the address of a group."""
        with self._lock:
            return address.lower() in self._groups

    def domains(self) -> frozenset[str]:
        """The registered Workspace domains."""
        with self._lock:
            return frozenset(self._domains)

    def put_account(
        self,
        address: str,
        name: str = "",
        aliases: frozenset[str] = frozenset(),
        *,
        pending: frozenset[str] = frozenset(),
    ) -> Account:
        """Make an account, or change its name and aliases."""
        local = address.partition("@")[0]
        account = Account(address, name or local.replace(".", " ").title(), aliases, pending)
        with self._lock:
            self._accounts[account.key] = account
            if account.hosted_domain:
                self._domains.add(account.hosted_domain)
        return account

    def add_client(self, redirect_uris: tuple[str, ...]) -> Client:
        """Register a client."""
        with self._lock:
            self._count += 1
            number = 100_000_000_000 + self._count
            client_id = f"{number}-{secrets.token_hex(16)}.apps.googleusercontent.com"
            client = Client(client_id, f"GOCSPX-{secrets.token_urlsafe(21)}", redirect_uris)
            self._clients[client_id] = client
        return client

    def find_client(self, client_id: str) -> Client | None:
        """The client of this id."""
        with self._lock:
            return self._clients.get(client_id)

    def clients(self) -> list[Client]:
        """In the order they were made."""
        with self._lock:
            return list(self._clients.values())
