"""messages.get and list, aliases and profile: shapes as published, scopes as documented."""

import base64
from typing import Any

import pytest

from service.sandbox.server import Sandbox
from tests.fakes.clock import FakeClock
from tests.sandbox.conftest import MIA, Program, mail
from tests.sandbox.shapes_of import misfits

ATTACHED = (
    "multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/plain\r\n\r\nHallo\r\n--cut\r\n"
    "Content-Type: application/pdf; name=r.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--cut--"
)


@pytest.fixture
def sent_id(program: Program) -> str:
    """A mail with an attachment in *Sent*."""
    content = mail("X-Postausgang-Id: msg_1", "Bcc: archiv@example.com", f"Content-Type: {ATTACHED}")
    found: str = program.upload(content, program.bearer("send")).json()["id"]
    return found


@pytest.mark.parametrize("form", ["full", "raw", "metadata", "minimal"])
def test_every_format_has_the_published_shape(
    program: Program, sent_id: str, schemas: dict[str, Any], form: str
) -> None:
    """Names and types of the discovery document, with the instant of acceptance."""
    answer = program.get(f"me/messages/{sent_id}", program.bearer("readonly"), format=form).json()

    assert misfits(answer, schemas["Message"], schemas) == []
    assert answer["internalDate"] == "1795424400000"
    assert ("raw" in answer, "payload" in answer) == (form == "raw", form in {"full", "metadata"})


def test_metadata_gives_only_the_headers_that_were_asked_for(program: Program, sent_id: str) -> None:
    """How an uncertain send is found again: our own header, never the Message-ID."""
    answer = program.get(
        f"me/messages/{sent_id}",
        program.bearer("metadata"),
        format="metadata",
        metadataHeaders=["x-postausgang-ID", "Message-ID"],
    ).json()

    found = {header["name"]: header["value"] for header in answer["payload"]["headers"]}
    assert found["X-Postausgang-Id"] == "msg_1"
    assert set(found) == {"X-Postausgang-Id", "Message-ID"}


def test_full_shows_the_parts(program: Program, sent_id: str) -> None:
    """Text comes inline, attachments by id."""
    payload = program.get(f"me/messages/{sent_id}", program.bearer("readonly")).json()["payload"]

    text, attached = payload["parts"]
    assert base64.urlsafe_b64decode(text["body"]["data"] + "==") == b"Hallo"
    assert (attached["filename"], attached["body"]["size"]) == ("r.pdf", 3)
    assert "attachmentId" in attached["body"]


@pytest.mark.parametrize(
    ("form", "status"), [("full", 403), ("raw", 403), ("metadata", 200), ("minimal", 200)]
)
def test_the_metadata_scope_reads_no_content(program: Program, sent_id: str, form: str, status: int) -> None:
    """gmail.metadata allows neither full nor raw."""
    answer = program.get(f"me/messages/{sent_id}", program.bearer("metadata"), format=form)

    assert answer.status_code == status


def test_the_metadata_scope_refuses_a_query(program: Program, sent_id: str) -> None:
    """List by label works, ``q`` does not."""
    bearer = program.bearer("metadata")

    refused = program.get("me/messages", bearer, q="in:sent")

    assert refused.status_code == 403
    assert "'q'" in refused.json()["error"]["message"]
    assert program.get("me/messages", bearer, labelIds="SENT").json()["messages"][0]["id"] == sent_id


def test_a_list_comes_in_pages_newest_first(
    program: Program, clock: FakeClock, schemas: dict[str, Any]
) -> None:
    """MaxResults and pageToken walk through everything once."""
    bearer = program.bearer("send", "readonly")
    ids = []
    for _ in range(5):
        ids.append(program.upload(mail(to=MIA), bearer).json()["id"])
        clock.advance(1)

    seen: list[str] = []
    token = "0"
    while token:
        page = program.get("me/messages", bearer, labelIds="SENT", maxResults=2, pageToken=token).json()
        assert misfits(page, schemas["ListMessagesResponse"], schemas) == []
        seen += [found["id"] for found in page["messages"]]
        token = page.get("nextPageToken", "")

    assert seen == ids[::-1]
    assert len(program.get("me/messages", bearer, labelIds="INBOX").json()["messages"]) == 5


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("in:sent to:kunde@example.com", 1),
        ("in:inbox", 0),
        ("subject:Rechnung after:2026/11/22 before:1795424401", 1),
        ("after:2026/11/24", 0),
        ("rechnung", 1),
        ("rfc822msgid:ours@example.com", 0),
        ("label:x", 0),
    ],
)
def test_queries(program: Program, sent_id: str, query: str, hits: int) -> None:
    """The operators that programs use."""
    answer = program.get("me/messages", program.bearer("readonly"), q=query).json()

    assert answer["resultSizeEstimate"] == hits


@pytest.mark.parametrize(
    "params", [{"q": "after:yesterday"}, {"q": '"open'}, {"maxResults": "x"}, {"pageToken": "x"}]
)
def test_unreadable_parameters_are_400(program: Program, params: dict[str, str]) -> None:
    """No parameter can break the sandbox."""
    assert program.get("me/messages", program.bearer("readonly"), **params).status_code == 400


def test_mails_of_others_are_not_found(program: Program, sent_id: str) -> None:
    """Neither foreign nor unknown ids; a wrong format is 400."""
    other = program.bearer("readonly", account="jonas.weber@beispiel.example")

    assert program.get(f"me/messages/{sent_id}", other).status_code == 404
    assert program.get("me/messages/0", other).status_code == 404
    assert program.get(f"me/messages/{sent_id}", other, format="short").status_code == 400


def test_aliases_and_profile(
    program: Program, sandbox: Sandbox, sent_id: str, schemas: dict[str, Any]
) -> None:
    """Shaped as published; the alias is accepted."""
    bearer = program.bearer("readonly")
    sandbox.google.add_account(MIA, aliases=frozenset({"Info@beispiel.example"}))

    aliases = program.get("me/settings/sendAs", bearer).json()
    profile = program.get("me/profile", bearer).json()

    assert misfits(aliases, schemas["ListSendAsResponse"], schemas) == []
    assert aliases["sendAs"][0]["isPrimary"]
    assert aliases["sendAs"][1]["sendAsEmail"] == "info@beispiel.example"
    assert misfits(profile, schemas["Profile"], schemas) == []
    assert (profile["emailAddress"], profile["messagesTotal"]) == (MIA, 1)


@pytest.mark.parametrize(
    ("path", "allowed", "refused"),
    [
        ("me/messages", ("modify", "readonly", "metadata"), ("send", "compose", "settings.basic")),
        ("me/profile", ("modify", "compose", "readonly", "metadata"), ("send", "settings.basic")),
        ("me/settings/sendAs", ("modify", "readonly", "settings.basic"), ("send", "compose", "metadata")),
    ],
)
def test_methods_per_scope(
    program: Program, path: str, allowed: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    """The table of google.md §2.2."""
    assert {program.get(path, program.bearer(scope)).status_code for scope in allowed} == {200}
    assert {program.get(path, program.bearer(scope)).status_code for scope in refused} == {403}
