"""What this room needs from outside: where connections and grants are kept, and who seals them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from service.connections.connection import AccountKind, Connection
from service.connections.credential import AccessToken, Grant, MailLogin, MailServer, TokenCredential
from service.connections.identity import Identity
from service.connections.way import Way, WayKind, WayState


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lives; it opens nowhere else."""

    tenant_id: str
    table: str
    column: str
    row: str


class Sealer(Protocol):
    """Seals values with the tenant's data key, bound to their place."""

    def seal(self, place: Place, plain: bytes) -> bytes:
        """Seal a short value."""

    def open(self, place: Place, sealed: bytes) -> bytes:
        """Open what ``seal`` made for the same place.

        Raises:
            SealError: unknown format or key, other place, or changed bytes.
        """

    def seal_stream(self, place: Place, plain: Iterable[bytes]) -> Iterator[bytes]:
        """Seal content of any length, given in pieces of any length.

        Returns: sealed chunks, each of 1 MiB plain bytes but the last; their order and the end are
        bound in, so that a missing, moved or added chunk does not open. Empty content gives one chunk.
        """

    def open_stream(self, place: Place, sealed: Iterable[bytes]) -> Iterator[bytes]:
        """Open what ``seal_stream`` made, chunk by chunk.

        Raises:
            SealError: at the first chunk that is not the expected one, or when the end is missing.
        """


class DataKeyStore(Protocol):
    """Keeps each tenant's data key, wrapped by the operator's key."""

    def find_data_key(self, tenant_id: str) -> bytes | None:
        """The tenant's wrapped data key; ``None`` before the first one."""

    def add_data_key(self, tenant_id: str, wrapped: bytes) -> bytes:
        """Keep the tenant's first wrapped key; answers the one that is kept (the first writer wins)."""

    def data_keys(self) -> list[tuple[str, bytes]]:
        """All ``(tenant_id, wrapped)``."""

    def replace_data_key(self, tenant_id: str, old: bytes, new: bytes) -> bool:
        """Put ``new`` in the place of ``old``; ``False`` when another process was faster."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox that is connected without Google's consent: it is known by its address alone.

    Attributes:
        connection_id: gets one way more; ``None`` for the connection of this address, or a new one.
        locale: the language of who connects it; ``None`` where that is not known, then the known one stays.
    """

    address: str
    display_name: str | None
    account_kind: AccountKind
    connection_id: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a mailbox has sent of what it may send.

    Attributes:
        sent_24h: messages of the last 24 h that were taken, or may have been.
        limit_24h: how many these may be; ``None`` where nothing limits them.
    """

    sent_24h: int
    limit_24h: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What may be shown of a credential; never its secret.

    Attributes:
        set_at: when it was given.
        server: the mail server that it opens; ``None`` for Google's tokens.
        user: of the login; ``None`` where there is none.
    """

    set_at: datetime
    server: MailServer | None = None
    user: str | None = None


class ConnectionStore(Protocol):
    """Keeps connections. Every look-up demands the tenant: another tenant's row is not found."""

    def get(self, tenant_id: str, connection_id: str) -> Connection:
        """One connection.

        Raises:
            NotFoundError: unknown, or of another tenant.
        """

    def of_tenant(self, tenant_id: str) -> list[Connection]:
        """The tenant's connections that are not disconnected, oldest first."""

    def addresses(self, tenant_id: str) -> dict[str, str]:
        """The address of each of its connections by id, also of disconnected ones, in their order."""

    def find(self, tenant_id: str, identity: Identity) -> Connection | None:
        """The tenant's connection of this Google account, disconnected ones too.

        Also the one that is known by the account's address only: its first consent names the account.
        """

    def is_connected(self, subject_id: str) -> bool:
        """Whether any tenant holds a grant of this Google account: ending one at Google ends them all."""

    def connect(
        self, tenant_id: str, identity: Identity, grant: Grant, at: datetime, locale: str | None = None
    ) -> Connection:
        """Keep a grant: a new connection, or the same one again with its id, history and queue.

        ``grant.connection_id`` names the row that is made or reconnected; the earlier grant of that row
        is replaced. The connection becomes ``connected`` and its waiting mail due, in one transaction,
        with the event ``connection.created`` or ``connection.reconnected``; what a person paused stays
        ``paused``. The grant's ways come first in the route; those of other credentials stay behind them,
        as they were. Without a ``locale`` the known one stays.
        """

    def add_login(
        self, tenant_id: str, mailbox: Mailbox, kind: WayKind, login: MailLogin, at: datetime
    ) -> Connection:
        """Keep a login at a mail server: a new connection, or one way more at the end of its route.

        A way of the same kind is replaced where it stands. The connection becomes ``connected``, as
        ``connect`` does it. Answers the connection.

        Raises:
            NotFoundError: the tenant has no such connection.
            WrongAccountError: the connection is another address's.
        """

    def route(self, tenant_id: str, connection_id: str) -> tuple[WayState, ...]:
        """Its ways, the first one first; empty after a disconnect. Raises as ``get``."""

    def routes(self, tenant_id: str) -> dict[str, tuple[WayState, ...]]:
        """The routes of all the tenant's connections that have any, by connection id."""

    def usage(self, tenant_id: str, at: datetime) -> dict[str, Usage]:
        """How much each of the tenant's mailboxes has sent, by connection id; those that sent nothing too."""

    def reroute(
        self,
        tenant_id: str,
        connection_id: str,
        order: Sequence[Way],
        at: datetime,
        *,
        seen: Sequence[Way] | None = None,
    ) -> Connection:
        """Put the ways into this order; those left out are removed, with what opened them.

        Raises:
            NotFoundError: unknown connection, or a way that it has not.
            InvalidRequestError: no way would be left.
            PreconditionFailedError: the route is no longer as it was ``seen``.
        """

    def set_aliases(self, tenant_id: str, connection_id: str, aliases: frozenset[str]) -> Connection:
        """The other addresses that the mailbox may send as, lower case. Raises as ``get``."""

    def rename(self, tenant_id: str, connection_id: str, display_name: str | None) -> Connection:
        """The name that customers see beside the address; ``None`` for none. Raises as ``get``."""

    def ways(self, tenant_id: str, connection_id: str) -> tuple[tuple[WayState, Kept], ...]:
        """Its route, and what opens each way of it, all of one moment. Raises as ``get``."""

    def default(self, tenant_id: str) -> Connection | None:
        """The mailbox that sends where none is named.

        The first that is connected while there is none; ``None`` when it was disconnected.
        """

    def make_default(self, tenant_id: str, connection_id: str) -> Connection:
        """From now on this one. Raises as ``pause``."""

    def pause(self, tenant_id: str, connection_id: str, at: datetime) -> Connection:
        """Hold its mail until ``resume``. Raises as ``get``, and ``ConnectionDisconnectedError``."""

    def resume(self, tenant_id: str, connection_id: str, at: datetime) -> Connection:
        """Let paused mail flow again, also past a limit's hold; counts stand. Raises as ``pause``."""

    def disconnect(self, tenant_id: str, connection_id: str, at: datetime) -> Connection:
        """Forget the grant, keep the row, its history and its waiting mail. Raises as ``get``."""


class ProbeName(StrEnum):
    """The steps of a first conversation with a mail server, in their order."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    ENCRYPT = "encrypt"
    SIGN_IN = "sign_in"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class ProbeStep:
    """One step.

    Attributes:
        code: problem code when it failed; no later step was tried then. ``None`` when it went well.
        reply: the server's own words, or what was found (addresses, TLS version), for people.
    """

    name: ProbeName
    code: str | None = None
    reply: str = ""


class MailServerProbe(Protocol):
    """Looks whether a login works, without sending a mail."""

    def probe(self, login: MailLogin, kind: WayKind, sender: str) -> Iterator[ProbeStep]:
        """Resolve, connect, encrypt, sign in, and offer the sender; stops at the first step that fails.

        Yields at least one step, each when it has ended; raises nothing that network or server can cause.
        """


class MailLoginStore(Protocol):
    """Keeps logins at mail servers, their passwords sealed."""

    def get_login(self, credential_id: str) -> MailLogin:
        """One login, opened.

        Raises:
            NotFoundError: it was replaced or forgotten.
            SealError: it cannot be opened.
            StorageError: it cannot be read now.
        """


class GrantStore(Protocol):
    """Keeps grants, and tokens of delegates, sealed. A grant is marked on failure, never deleted."""

    def get_grant(self, grant_id: str) -> Grant:
        """One grant, opened.

        Raises:
            NotFoundError: it was replaced or forgotten.
            SealError: it cannot be opened.
        """

    def get_credential(self, credential_id: str) -> TokenCredential:
        """A grant or a delegate, opened. Raises as ``get_grant``."""

    def take_refresh_lease(self, grant_id: str, owner: str, now: datetime, until: datetime) -> bool:
        """Become the only one, over all processes, who gets a token for this credential until ``until``.

        Returns ``False`` while another owner's lease runs.
        """

    def store_access(
        self, grant_id: str, owner: str, access: AccessToken, refresh_token: str | None, now: datetime
    ) -> None:
        """Keep a fresh access token and end the lease, in a transaction of its own.

        ``refresh_token`` replaces the old one only where Google sent a new one.
        """

    def end_refresh_lease(self, grant_id: str, owner: str) -> None:
        """Give the lease back without a token."""

    def mark_revoked(self, grant_id: str, owner: str, code: str, now: datetime) -> None:
        """Google refused the grant: its connection becomes ``needs_reconnect``, with an event.

        Ends the lease. Does nothing when the grant was already replaced by a reconnect, and adds no second
        event.
        """
