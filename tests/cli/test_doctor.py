"""``postausgang doctor``: every row says how it stands and what helps; it works on a broken installation."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.catalogue.checks import REMARKS, TITLES
from service.doctor.finding import Check
from service.storage.database import Database
from service.storage.stores import open_stores
from tests.cli.conftest import Terminal
from tests.fakes.sealer import FakeSealer


def _rows(terminal: Terminal, *options: str, status: int) -> dict[str, dict[str, Any]]:
    result = terminal.run("doctor", "--json", *options)
    assert (result.exit_code, result.stderr) == (status, "")
    return {row["check"]: row for row in json.loads(result.stdout)}


def test_a_bare_machine_is_told_what_to_do_first(bare: Terminal) -> None:
    """Neither key nor client nor database: three ✗ with a fix each, the redirect URI, and status 1."""
    result = bare.run("doctor")
    lines = result.stdout.splitlines()

    assert result.exit_code == 1
    assert [line[:30] for line in lines if line.startswith("✗")] == [
        "✗ Encryption key set: The keyr",
        "✗ Google OAuth client: Google'",
        "✗ Database: The database canno",
    ]
    assert "postausgang keys generate" in result.stdout
    assert "postausgang migrate" in result.stdout
    assert f"    {bare.environment['POSTAUSGANG_PUBLIC_URL']}/consent/callback" in lines
    assert not bare.database.exists()


def test_a_fresh_installation_has_only_things_to_do(terminal: Terminal) -> None:
    """Nothing is broken: status 0, and each ○ is followed by what to do."""
    lines = terminal.ok("doctor").splitlines()

    assert not [line for line in lines if line.startswith("✗")]
    assert len([line for line in lines if line.startswith("○")]) == 4
    assert len([line for line in lines if line.startswith("    → ")]) == 4
    assert [line for line in lines if "tenants add" in line]


def test_a_company_without_mailbox_and_key_is_told_so(terminal: Terminal) -> None:
    """Its rows come when there is one; a key makes its row well."""
    tenant = terminal.ok("tenants", "add", "Muster GmbH")
    before = _rows(terminal, status=0)
    terminal.ok("api-keys", "create", "--tenant", tenant, "--name", "ERP")
    after = _rows(terminal, status=0)

    assert list(before) == [check.value for check in Check]
    assert [before[name]["state"] for name in ("tenant", "connection", "test-mail", "api-key")] == [
        "ok",
        "to-do",
        "to-do",
        "to-do",
    ]
    assert after["api-key"]["state"] == "ok"


def test_a_worker_that_went_silent_is_a_problem(terminal: Terminal) -> None:
    """Its last sign of life is named."""
    with_sign = Database(terminal.environment["POSTAUSGANG_DATABASE_URL"])
    workers = open_stores(with_sign, FakeSealer()).workers
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    workers.seen("old", an_hour_ago)
    with_sign.close()

    row = _rows(terminal, status=1)["worker"]

    assert (row["state"], row["code"]) == ("problem", "worker-silent")
    assert row["detail"] == f"{an_hour_ago:%Y-%m-%d %H:%M:%S} UTC"


@pytest.mark.parametrize("content", ["no keyring", ""])
def test_no_secret_of_the_files_is_printed(terminal: Terminal, content: str) -> None:
    """A broken keyring and a broken client file are described, never shown."""
    terminal.keyring.write_text(f"{content}k_1 QUJDREVG-canary\n")
    terminal.write_client(client_id="")

    printed = terminal.run("doctor").stdout

    assert "✗ Encryption key set" in printed
    assert "✗ Google OAuth client" in printed
    assert "canary" not in printed


def test_both_languages_are_spoken(bare: Terminal) -> None:
    """The same rows in German."""
    result = bare.run("doctor", "--language", "de")

    assert "✗ Schlüssel gesetzt: Der Schlüsselbund ist nicht lesbar." in result.stdout
    assert "○ Öffentliche Adresse per HTTPS erreichbar" in result.stdout


def test_the_machine_is_left_only_when_asked(terminal: Terminal) -> None:
    """With ``--online`` an unreachable Google makes the clock's row a problem; without it nobody is asked."""
    terminal.environment["POSTAUSGANG_GOOGLE_CERTS_URL"] = "http://127.0.0.1:1/certs"

    assert _rows(terminal, status=0)["clock"]["code"] == "clock-plausible"
    assert _rows(terminal, "--online", status=1)["clock"]["code"] == "clock-unknown"


def test_every_check_has_its_words() -> None:
    """Titles for all, no remark without both languages, and no fix that is empty."""
    assert set(TITLES) == {check.value for check in Check}
    for code, remark in REMARKS.items():
        for words in (remark.sentence, *((remark.fix,) if remark.fix else ())):
            assert words.en, code
            assert words.de, code
            assert words.en != words.de, code
