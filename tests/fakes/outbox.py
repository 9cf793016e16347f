"""Entries, grants and mailboxes as tests need them."""

from datetime import datetime, timedelta

from pydantic import SecretStr

from service.access.tenant import Tenant
from service.connections.connection import Connection
from service.connections.credential import AccessToken, Grant
from service.connections.identity import Identity
from service.identifiers import new_id
from service.mail.address import Address
from service.outbox.delivery import Delivery
from service.outbox.entry import AttachmentRecord, Attempt, Entry, Recipient, RecipientKind, State
from service.outbox.ports import Accepted, Claim
from service.outbox.verdict import Verdict
from service.storage.stores import Stores

SEND = "https://www.googleapis.com/auth/gmail.send"
LOOK = "https://www.googleapis.com/auth/gmail.metadata"
CONTENT = (b"Subject: Rechnung\r\n\r\n", b"Anbei die Rechnung.\r\n")


def add_tenant(stores: Stores, at: datetime) -> str:
    """A new company."""
    tenant = Tenant(new_id("ten"), "Muster GmbH", at)
    stores.tenants.add(tenant)
    return tenant.id


def make_grant(
    tenant_id: str, connection_id: str | None = None, *, scopes: frozenset[str] = frozenset({SEND})
) -> Grant:
    """A grant that was just given."""
    return Grant(
        id=new_id("grt"),
        tenant_id=tenant_id,
        connection_id=connection_id or new_id("con"),
        client_id="client.apps.googleusercontent.com",
        scopes=scopes,
        refresh_token=SecretStr(f"1//{new_id('refresh')}"),
        access=None,
    )


def make_access(at: datetime) -> AccessToken:
    """An access token of one hour."""
    return AccessToken(SecretStr(f"ya29.{new_id('access')}"), at + timedelta(hours=1))


def make_identity(subject_id: str | None = None, address: str = "rechnung@muster.example") -> Identity:
    """A Google account."""
    return Identity(subject_id or new_id("sub"), address, "Muster GmbH")


def connect(stores: Stores, tenant_id: str, at: datetime, *scopes: str) -> Connection:
    """A new connected mailbox."""
    grant = make_grant(tenant_id, scopes=frozenset({SEND, *scopes}))
    return stores.connections.connect(tenant_id, make_identity(), grant, at)


def make_entry(
    connection: Connection, at: datetime, *, due: datetime | None = None, subject: str = "Rechnung 4711"
) -> Entry:
    """A message that is accepted now."""
    entry_id = new_id("msg")
    return Entry(
        id=entry_id,
        tenant_id=connection.tenant_id,
        connection_id=connection.id,
        state=State.QUEUED,
        sender=Address(connection.address, "Muster GmbH"),
        recipients=(
            Recipient(RecipientKind.TO, Address("kunde@example.com", "Jörg Kunde")),
            Recipient(RecipientKind.BCC, Address("archiv@muster.example")),
        ),
        subject=subject,
        attachments=(AttachmentRecord("rechnung.pdf", "application/pdf", 3, "00" * 32),),
        message_id=f"<{entry_id}@muster.example>",
        size_bytes=sum(map(len, CONTENT)),
        created_at=at,
        next_attempt_at=due or at,
        give_up_at=(due or at) + timedelta(days=5),
        reference="RE-4711",
        metadata=(("customer", "17"),),
    )


def accept(stores: Stores, entry: Entry, key: str | None = None) -> Accepted:
    """Accept it under its own id as the key, or under this one."""
    return stores.outbox.accept(entry, CONTENT, idempotency_key=key or entry.id, fingerprint="f" * 64)


def add_mail(stores: Stores, connection: Connection, at: datetime, *, due: datetime | None = None) -> Entry:
    """A message that was accepted."""
    return accept(stores, make_entry(connection, at, due=due)).entry


def claim(stores: Stores, at: datetime, *, limit: int = 8, per_mailbox: int = 4) -> list[Claim]:
    """What one worker gets now."""
    return stores.outbox.claim("worker-1", at, limit=limit, per_mailbox=per_mailbox, lease_s=30)


def make_attempt(
    claimed: Claim, at: datetime, outcome: State = State.SENT, code: str | None = None
) -> Attempt:
    """A try of this claim."""
    return Attempt(
        number=claimed.attempt,
        transport="gmail_api",
        started_at=at,
        ended_at=at,
        outcome=outcome,
        handed_over_at=at if outcome in {State.SENT, State.UNCERTAIN} else None,
        code=code,
        status=200 if outcome is State.SENT else None,
        reply="OK" if outcome is State.SENT else "no",
        receipt="18c2f0a9" if outcome is State.SENT else None,
    )


def send(stores: Stores, claimed: Claim, at: datetime) -> bool:
    """Hand over and record a success."""
    stores.outbox.hand_over(claimed, at, 30)
    return stores.outbox.record(claimed, make_attempt(claimed, at), Verdict(State.SENT))


def deliver(delivery: Delivery, claimed: Claim) -> None:
    """Send it, and wait until the outcome is on disk."""
    wait = delivery.deliver(claimed, lambda: None)
    if wait is not None:
        wait()
