"""10,000 random messages, each of them from its POST to its recipients' mailboxes."""

from collections.abc import Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, assume, given, seed, settings

from service.app import create_app
from service.connections.connection import Connection
from service.identifiers import new_id
from service.mail.address import Address
from service.mail.attachment import Attachment
from service.mail.message import Message
from service.sandbox.post import INBOX, SENT, Mail
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.fakes.outbox import deliver
from tests.flows.posting import Posting, postings
from tests.harness import add_key
from tests.mail.reader import check_content, expected_fields, read_mail

# The cores of a machine share them; each shard draws messages of its own, the same ones at every run.
ENGINES = ("sqlite",) * 7 + ("postgresql",)
SHARDS = [pytest.param(engine, shard, id=f"{engine}-{shard}") for shard, engine in enumerate(ENGINES)]
MESSAGES = 10_000 // len(SHARDS)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("database_url", "shard"), SHARDS, indirect=["database_url"])
def test_any_admitted_message_arrives_as_it_was_meant(
    services: Services, sandbox: Sandbox, mailbox: Connection, shard: int
) -> None:
    """Every recipient gets one copy, and nobody else; all in it reads as it was meant; Bcc stays unseen."""
    way = Way(services, sandbox, mailbox)
    arrived: set[Posting] = set()

    @seed(shard)
    @settings(
        max_examples=MESSAGES * 21 // 20,  # a few are one message in two ways of writing it
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(postings(mailbox.address))
    def check(posting: Posting) -> None:
        assume(posting not in arrived)  # drawn twice, it is not counted
        way.check(posting)
        arrived.add(posting)

    check()

    assert len({posting.message for posting in arrived}) >= MESSAGES


class Way:
    """One installation, from its API to the mailboxes behind it."""

    def __init__(self, services: Services, sandbox: Sandbox, mailbox: Connection) -> None:
        self._services = services
        self._post_office = sandbox.google.post
        self._mailbox = mailbox
        self._client: FlaskClient = create_app(services).test_client()
        self._key = {"Authorization": f"Bearer {add_key(services, mailbox.tenant_id)}"}

    def check(self, posting: Posting) -> None:
        """Post a message, let a worker send it, look into all mailboxes."""
        self._post_office.clear()
        accepted = self._accept(posting)
        meant = _as_told(_each_once(posting.message), accepted)

        self._send(accepted["id"])

        [sent] = self._post_office.sent()
        self._check_record(accepted["id"], sent, meant)
        self._check_mailboxes(sent, meant)
        _check_copies(sent, meant, accepted)

    def _accept(self, posting: Posting) -> dict[str, Any]:
        answer = self._client.post(
            "/v1/messages",
            data=posting.body,
            content_type=posting.content_type,
            headers=self._key | {"Idempotency-Key": new_id("test")},
        )
        assert answer.status_code == 202, answer.json
        assert answer.json is not None
        return dict(answer.json)

    def _send(self, entry_id: str) -> None:
        """What a worker does; mails that an example left behind when it failed are not looked at."""
        outbox, now = self._services.ground.stores.outbox, self._services.ground.clock.now()
        claims = outbox.claim("test", now, limit=50, per_mailbox=32, lease_s=30)
        [claim] = [claim for claim in claims if claim.entry_id == entry_id]
        deliver(self._services.delivery, claim)

    def _check_record(self, entry_id: str, sent: Mail, meant: Message) -> None:
        kept = self._client.get(f"/v1/messages/{entry_id}", headers=self._key).json
        assert kept is not None
        assert (kept["status"], kept["receipt"], kept["attempt_count"]) == ("sent", sent.mail_id, 1)
        assert kept["subject"] == meant.subject
        for name in ("to", "cc", "bcc"):
            assert kept[name] == [str(address) for address in getattr(meant, name)]

    def _check_mailboxes(self, sent: Mail, meant: Message) -> None:
        """One copy in each recipient's mailbox, one among the sender's sent mail, no other mailbox."""
        post = self._post_office
        inboxes = {owner: post.box(owner, INBOX) for owner in post.addresses() if post.box(owner, INBOX)}
        assert sent.owner == self._mailbox.address
        assert [mail for owner in post.addresses() for mail in post.box(owner, SENT)] == [sent]
        assert inboxes.keys() == {address.key for address in meant.recipients}
        assert [[mail.letter for mail in mails] for mails in inboxes.values()] == [[sent.letter]] * len(
            inboxes
        )


def _check_copies(sent: Mail, meant: Message, accepted: dict[str, Any]) -> None:
    """What recipients read, and the sender's own copy, which alone names the hidden ones."""
    wire = sent.letter.content(is_sent=False)
    copy = read_mail(wire)
    fields = expected_fields(meant)
    fields.remove("message-id")
    assert copy.fields == [*fields, "message-id"]  # Gmail puts its own in the place of ours
    assert copy.text("X-Postausgang-Id") == accepted["id"]
    assert parsedate_to_datetime(copy.text("Date")).isoformat()[:19] == accepted["created_at"][:19]
    check_content(copy, meant)
    hidden = sent.letter.content(is_sent=True).removesuffix(wire)
    folded = ",\r\n ".join(address.spec for address in meant.bcc)
    assert hidden.decode() == (f"Bcc: {folded}\r\n" if meant.bcc else "")


def _each_once(message: Message) -> Message:
    """Who is named twice, in any spelling, gets the mail by the first field that names them."""
    seen: set[str] = set()

    def fresh(addresses: tuple[Address, ...]) -> Iterator[Address]:
        for address in addresses:
            if address.spec.lower() not in seen:
                seen.add(address.spec.lower())
                yield address

    return replace(
        message, to=tuple(fresh(message.to)), cc=tuple(fresh(message.cc)), bcc=tuple(fresh(message.bcc))
    )


def _as_told(message: Message, accepted: dict[str, Any]) -> Message:
    """A file keeps its name, unless the caller was told of another one."""
    renamed = {
        warning["pointer"] for warning in accepted["warnings"] if warning["code"] == "attachment-renamed"
    }
    files = [
        _as_sent(replace(file, filename=told["filename"]))
        if f"/attachments/{number}/filename" in renamed
        else _as_sent(file)
        for number, (file, told) in enumerate(zip(message.attachments, accepted["attachments"], strict=True))
    ]
    assert [told["sha256"] for told in accepted["attachments"]] == [one.content.sha256 for one in files]
    return replace(message, attachments=tuple(files))


def _as_sent(file: Attachment) -> Attachment:
    """A mail in a mail goes as a file, because base64 is not allowed for it (RFC 2046 §5.2.1)."""
    is_mail = file.content_type.startswith("message/")
    return replace(file, content_type="application/octet-stream") if is_mail else file
