"""The operator's settings: what cannot work is refused at the start, by name and without its value."""

from collections import Counter
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from service import settings
from service.errors import ConfigurationError
from service.settings import Settings

PREFIX = "POSTAUSGANG_"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No secret of a developer's own counts."""
    monkeypatch.setenv(f"{PREFIX}CREDENTIALS_DIR", str(tmp_path))


def refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str:
    """What is said of this value of a setting."""
    monkeypatch.setenv(f"{PREFIX}{name}", value)
    with pytest.raises(ConfigurationError) as caught:
        settings.load()
    [problem] = caught.value.problems
    assert isinstance(problem, str)
    return problem


@pytest.mark.parametrize("value", ["anna", "anna@muster.de; ben@muster.de", "anna@muster.de ben@muster.de"])
def test_operators_are_addresses_with_commas(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Else the operator would wonder why nobody is let in."""
    assert refused(monkeypatch, "OPERATORS", value).startswith(f"{PREFIX}OPERATORS: must read anna@muster.de")


def test_no_check_of_a_part_hides_another_one() -> None:
    """Checks of two parts with one name would be one, and the settings of the other part have none."""
    names = [
        name
        for part in Settings.__bases__
        if issubclass(part, BaseSettings)
        for checks in (
            part.__pydantic_decorators__.field_validators,
            part.__pydantic_decorators__.model_validators,
        )
        for name in checks
    ]

    assert len(names) > 10
    assert [name for name, count in Counter(names).items() if count > 1] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "https://mail.muster.de:abc"),
        ("PUBLIC_URL", "https://mail.muster.de:99999"),
        ("PUBLIC_URL", "https://anna:geheim@mail.muster.de"),
        ("PUBLIC_URL", "https://mail muster.de"),
        ("PUBLIC_URL", "https://müller.de"),
        ("PUBLIC_URL", "https://mail.muster.de?x=1"),
        ("PUBLIC_URL", "https://[::1"),
        ("PUBLIC_URL", "https://:443"),
        ("GMAIL_URL", "https://gmail.example:0"),
        ("GMAIL_SMTP", "tls://anna@smtp.example:465"),
        ("GMAIL_SMTP", "tls://smtp.example:0"),
        ("GMAIL_SMTP", "tls://smtp.example:abc"),
        ("NOTICE_SMTP", "tls://smtp.example:465?x=1"),
        ("SMTP_ANSWER_TIMEOUT_S", "inf"),
        ("CONNECT_TIMEOUT_S", "inf"),
        ("CONTENT_DAYS_MOST", "999999"),
        ("LOG_DAYS_MOST", "999999"),
        ("SMTP_CA_FILE", "there-is-none.pem"),
        ("SMTP_CA_FILE", __file__),
        ("DATABASE_URL", "postgresql://anna:geheim@localhost:abc/mail"),
        ("DATABASE_URL", "postgresql://anna:geheim@[::1/mail"),
        ("DATABASE_URL", "sqlite:///:memory:"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """And not when the first mail is to be sent; what is said names the setting, and nothing of its value."""
    said = refused(monkeypatch, name, value)

    assert said.startswith(f"{PREFIX}{name}: ")
    assert "geheim" not in said
    assert value not in said


def test_a_setting_that_there_is_not_is_named_with_all_other_faults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A slip in a name would leave the default in force, and nobody would see it."""
    monkeypatch.setenv(f"{PREFIX}PUBLIC_ULR", "https://mail.muster.de")
    monkeypatch.setenv(f"{PREFIX}LOG_LEVEL", "loud")
    monkeypatch.setenv(f"{PREFIX}UID", "1000:1000")  # of compose.yaml

    with pytest.raises(ConfigurationError) as caught:
        settings.load()

    assert caught.value.problems == (
        f"{PREFIX}PUBLIC_ULR: there is no such setting",
        f"{PREFIX}LOG_LEVEL: must be DEBUG, INFO, WARNING or ERROR",
    )


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("https://mail.muster.de", "https://mail.muster.de"),
        ("https://mail.muster.de/", "https://mail.muster.de"),
        ("HTTPS://Mail.Muster.de", "https://mail.muster.de"),
        ("https://mail.muster.de:443", "https://mail.muster.de"),
        ("https://mail.muster.de:8443", "https://mail.muster.de:8443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8025", "http://[::1]:8025"),
    ],
)
def test_the_public_address_is_written_as_browsers_write_it(
    monkeypatch: pytest.MonkeyPatch, value: str, origin: str
) -> None:
    """Whatever its case: else cookies would not be Secure, and Google would not know the redirect URI."""
    monkeypatch.setenv(f"{PREFIX}PUBLIC_URL", value)
    loaded = settings.load()

    assert loaded.public_url == origin
    assert loaded.redirect_uri == f"{origin}/consent/callback"
    assert loaded.is_https is origin.startswith("https:")


@pytest.mark.parametrize("password", ["ge/heim", "ge#heim", "ge%40heim", "ge:heim"])
def test_a_password_may_hold_what_ends_other_addresses(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    """It is read as the database's driver reads it."""
    url = f"postgresql://anna:{password}@localhost:5432/mail"
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", url)

    assert settings.load().database_url.get_secret_value() == url
