"""A claimed mail as tests need it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from service.connections.way import Way, WayKind
from service.mail.address import Address
from service.outbox.ports import Claim

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_FIRST_TRY = Claim(
    entry_id="msg_1",
    tenant_id="ten_1",
    connection_id="con_1",
    way=Way("grt_1", WayKind.GMAIL_API),
    address="rechnung@muster.example",
    sender=Address("rechnung@muster.example"),
    recipients=(Address("kunde@example.com"),),
    bcc=(),
    size_bytes=5,
    attempt=1,
    tries=0,
    fence=1,
    created_at=NOW,
    give_up_at=NOW + timedelta(days=5),
)


def make_claim(**changes: Any) -> Claim:
    """A first try at ``NOW`` by the Gmail API, with changes."""
    return replace(_FIRST_TRY, **changes)
