"""Problems (RFC 9457): one shape, one table, two languages."""

import re
from pathlib import Path

import pytest
from flask import Blueprint, Flask

import service.api
from service import errors
from service.api.problems import PROBLEMS
from service.api.refusals import Refusals
from service.api.sentences import sentence
from service.catalogue import CATALOGUE
from service.errors import (
    ForbiddenError,
    SealError,
    ServiceError,
    StorageFullError,
    StorageUnavailableError,
)
from tests.api.conftest import Api

MEMBERS = {"type", "title", "status", "detail", "next_step", "code", "request_id"}


def test_every_problem_has_the_same_shape(api: Api) -> None:
    """Its own media type, a type that is an address, and the id that stands in the header too."""
    answer = api.client.get("/v1/messages")

    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert set(answer.json) == MEMBERS
    assert answer.json["type"] == "http://localhost:8025/problems/unauthorized"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert answer.json["status"] == answer.status_code


@pytest.mark.parametrize(
    ("wish", "language"),
    [("de", "de"), ("de-AT,en;q=0.5", "de"), ("en", "en"), ("fr", "en"), ("", "en"), ("en;q=0.1,de", "de")],
)
def test_problems_speak_the_callers_language(api: Api, wish: str, language: str) -> None:
    """Title and sentences follow Accept-Language; codes never change."""
    answer = api.post(api.message(subject="a\n", to=[]), headers={"Accept-Language": wish})

    assert answer.json is not None
    assert answer.headers["Content-Language"] == language
    assert answer.json["title"] == {"de": "Ungültige Anfrage", "en": "Not valid"}[language]
    assert {fault["code"] for fault in answer.json["errors"]} == {"required", "invalid-characters"}
    german = {"Dieses Feld ist nötig.", sentence("invalid-characters", "de")}
    assert ({fault["detail"] for fault in answer.json["errors"]} == german) is (language == "de")


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_has_a_status_and_words(code: str) -> None:
    """Each code is an HTTP error, and the catalogue tells what it means."""
    assert 400 <= PROBLEMS[code].status <= 599
    assert code in CATALOGUE


def test_a_problem_reads_as_the_catalogue_says(api: Api) -> None:
    """Title, sentence and next step are the same as on the pages."""
    answer = api.client.get("/v1/messages", headers={"Accept-Language": "de"})

    assert answer.json is not None
    told = CATALOGUE["unauthorized"]
    assert (answer.json["title"], answer.json["detail"], answer.json["next_step"]) == (
        told.title.de,
        told.sentence.de,
        told.next_step.de,
    )


def test_every_code_of_a_field_has_sentences() -> None:
    """Each code that a rule can raise is known in German and in English."""
    rooms = [Path(service.api.__file__).parent, Path(errors.__file__).parents[1] / "mail"]
    source = "\n".join(file.read_text() for room in rooms for file in room.glob("*.py"))
    codes = set(
        re.findall(r'"((?:attachment|invalid|header|address|too|wrong|unknown|given|out)-[a-z-]+)"', source)
    )
    codes -= {"out-of-memory"}

    for code in codes:
        assert sentence(code, "en"), code
        assert sentence(code, "de"), code


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/messages/", "/v1/messages/a/b/c", "/v1/"])
def test_unknown_addresses_below_v1_are_problems_too(api: Api, path: str) -> None:
    """No HTML for programs."""
    answer = api.client.get(path, headers=api.key)

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (404, "not-found")


def test_other_addresses_keep_their_own_answers(api: Api) -> None:
    """The pages say in HTML what they cannot find."""
    assert api.client.get("/nothing").content_type.startswith("text/html")


@pytest.mark.parametrize(
    ("error", "status", "code", "wait"),
    [
        (StorageFullError(), 503, "storage-full", "60"),
        (StorageUnavailableError(), 503, "unavailable", "5"),
        (SealError("key 7 is missing"), 503, "key-unavailable", "60"),
        (ForbiddenError(), 403, "forbidden", None),
        (ServiceError("secret"), 500, "internal", None),
        (ZeroDivisionError("secret"), 500, "internal", None),
    ],
)
def test_faults_of_ours_say_when_to_come_back_and_nothing_more(
    error: Exception, status: int, code: str, wait: str | None
) -> None:
    """5xx carry an id, no details; where waiting helps, Retry-After says how long."""
    app, broken = Flask("broken", static_folder=None), Blueprint("broken", __name__)

    @broken.get("/v1/broken")
    def view() -> str:
        raise error

    Refusals("http://localhost").register(broken)
    app.register_blueprint(broken)
    app.logger.disabled = True

    answer = app.test_client().get("/v1/broken")

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.headers.get("Retry-After") == wait
    assert set(answer.json) == MEMBERS
    assert "secret" not in answer.text
    assert "key 7" not in answer.text
