"""The look into *Sent*: finds our own mark, within bounds, and proves nothing when it fails."""

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from service.consent.refresh import AccessTokens
from service.errors import DeliveryError, UncertainDeliveryError
from service.google.gmail import GmailClient
from service.google.http import PooledHttp
from service.transports.sent_folder import GmailSentFolder
from tests.fakes.clock import START, FakeClock
from tests.fakes.grants import FakeAuthorizationServer, FakeGrantStore, issuing
from tests.fakes.wire import Reply, Seen, WireServer, as_json
from tests.transports.test_gmail_api import GRANT


class Box:
    """Serves a *Sent* folder: entry ids, the newest first, one a minute."""

    def __init__(self, *entry_ids: str) -> None:
        self.entry_ids = list(entry_ids)
        self.refusals: list[Reply] = []
        self.gone: set[int] = set()
        self.queries: list[str] = []
        self.searched: list[str] = []

    def answer(self, seen: Seen) -> Reply:
        """List or get."""
        if self.refusals:
            return self.refusals.pop(0)
        url = urlsplit(seen.target)
        query = parse_qs(url.query)
        if url.path == "/gmail/v1/users/me/messages":
            return self._list(query)
        number = int(url.path.rpartition("/")[2])
        if number in self.gone:
            return as_json({"error": {"code": 404}}, 404)
        assert query["format"] == ["metadata"]
        assert query["metadataHeaders"] == ["X-Postausgang-Id"]
        at = START - timedelta(minutes=number)
        payload = {"headers": [{"name": "x-postausgang-id", "value": self.entry_ids[number]}]}
        at_ms = int(at.timestamp() * 1000)
        return as_json({"id": str(number), "internalDate": str(at_ms), "payload": payload})

    def _list(self, query: dict[str, list[str]]) -> Reply:
        assert query["labelIds"] == ["SENT"]
        self.queries += query.get("q", [])
        if "q" in query:
            return as_json({"messages": [{"id": one} for one in self.searched]})
        first = int(query.get("pageToken", ["0"])[0])
        page = range(first, min(first + 50, len(self.entry_ids)))
        more = {"nextPageToken": str(page.stop)} if page.stop < len(self.entry_ids) else {}
        return as_json({"messages": [{"id": str(number)} for number in page], **more})


@pytest.fixture
def box() -> Box:
    return Box("msg_3", "msg_2", "msg_1")


@pytest.fixture
def wire(box: Box) -> Iterator[WireServer]:
    with WireServer(box.answer) as wire:
        yield wire


@pytest.fixture
def folder(wire: WireServer, clock: FakeClock) -> Iterator[GmailSentFolder]:
    http = PooledHttp(answer_timeout_s=2)
    tokens = AccessTokens(
        grants=FakeGrantStore(GRANT), issuer=issuing(FakeAuthorizationServer(clock)), clock=clock
    )
    yield GmailSentFolder(GmailClient(http, origin=wire.url, clock=clock), tokens)
    http.close()


LONG_AGO = START - timedelta(days=1)


def test_a_mail_is_found_by_its_mark(folder: GmailSentFolder) -> None:
    """The receipt is the id that Gmail lists."""
    assert folder.find("grt_1", "msg_1", LONG_AGO) == "2"


def test_after_smtp_it_is_searched_by_its_message_id(
    folder: GmailSentFolder, box: Box, wire: WireServer
) -> None:
    """One question, and only for copies since the hand-over: an earlier one proves nothing."""
    box.searched = ["18c2f0a9"]

    assert folder.find("grt_1", "msg_1", START, message_id="<msg_1@muster.de>") == "18c2f0a9"
    assert box.queries == [f"rfc822msgid:msg_1@muster.de after:{int(START.timestamp())}"]
    assert len(wire.seen) == 1


def test_what_the_search_does_not_know_yet_is_looked_for_by_its_mark(
    folder: GmailSentFolder, box: Box
) -> None:
    """Gmail's index may lag behind; without a Message-ID nothing is searched at all."""
    assert folder.find("grt_1", "msg_1", LONG_AGO, message_id="<msg_1@muster.de>") == "2"
    assert folder.find("grt_1", "msg_1", LONG_AGO) == "2"
    assert len(box.queries) == 1


def test_a_mail_that_is_not_there_is_not_found(folder: GmailSentFolder) -> None:
    """All marks were looked at."""
    assert folder.find("grt_1", "msg_9", LONG_AGO) is None


def test_older_mails_are_not_looked_at(folder: GmailSentFolder, wire: WireServer) -> None:
    """The look ends at the hand-over's time."""
    assert folder.find("grt_1", "msg_1", START - timedelta(seconds=30)) is None
    assert len(wire.seen) == 3


def test_an_older_mail_with_the_mark_proves_nothing(folder: GmailSentFolder) -> None:
    """It is the copy of an earlier try, and says nothing about the one whose answer was lost."""
    assert folder.find("grt_1", "msg_3", START + timedelta(seconds=1)) is None


def test_a_look_is_bounded(folder: GmailSentFolder, box: Box, wire: WireServer) -> None:
    """Two hundred mails at most, over four pages."""
    box.entry_ids = [f"msg_{number}" for number in range(300)]

    assert folder.find("grt_1", "msg_199", LONG_AGO) == "199"
    wire.seen.clear()
    assert folder.find("grt_1", "msg_200", LONG_AGO) is None
    assert len(wire.seen) == 204


def test_a_mail_that_was_deleted_meanwhile_is_passed_over(folder: GmailSentFolder, box: Box) -> None:
    """404 of one mail does not end the look."""
    box.gone = {0}

    assert folder.find("grt_1", "msg_1", LONG_AGO) == "2"


def test_a_refused_token_is_renewed_once(folder: GmailSentFolder, box: Box) -> None:
    """As for sending."""
    box.refusals = [as_json({}, 401)]

    assert folder.find("grt_1", "msg_1", LONG_AGO) == "2"


@pytest.mark.parametrize(
    "reply", [as_json({}, 500), Reply(200, b"<html>"), Reply(200, b"[]"), as_json({}, 403)]
)
def test_a_failed_look_is_said(folder: GmailSentFolder, box: Box, reply: Reply) -> None:
    """It proves nothing, so it must not look like *not there*."""
    box.refusals = [reply]

    with pytest.raises(DeliveryError):
        folder.find("grt_1", "msg_1", LONG_AGO)


@pytest.mark.parametrize(
    "document",
    [
        {"messages": 5},
        {"messages": [5]},
        {"messages": [{"no": "id"}]},
        {"messages": [{"id": "1\0"}]},
        {"messages": [], "nextPageToken": 5},
    ],
)
def test_an_odd_answer_is_a_failed_look(folder: GmailSentFolder, box: Box, document: object) -> None:
    """No shape of Google's answer breaks the worker."""
    box.refusals = [Reply(200, json.dumps(document).encode())]

    with pytest.raises(UncertainDeliveryError):
        folder.find("grt_1", "msg_9", LONG_AGO)
