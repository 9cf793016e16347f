"""What people paste where an app password is asked for."""

import pytest

from service.connections.app_password import parse_app_password
from service.errors import InvalidRequestError


@pytest.mark.parametrize(
    "typed",
    [
        "abcdefghijklmnop",
        "abcd efgh ijkl mnop",
        "  abcd\u00a0efgh\u00a0ijkl\u00a0mnop\n",
        "abcd\u2003efgh\u202fijkl\u2009mnop",
        "abcd\u200befgh\u2060ijkl\ufeffmnop",
        "Abcd Efgh Ijkl Mnop",
        "ABCDEFGHIJKLMNOP",
    ],
)
def test_gaps_of_every_kind_and_capitals_do_not_matter(typed: str) -> None:
    """As Google shows it, and as phones and mail programs change it."""
    assert parse_app_password(typed).get_secret_value() == "abcdefghijklmnop"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("abcd efgh ijkl mn", "app-password-length"),
        ("abcd efgh ijkl mnop q", "app-password-length"),
        ("hunter2", "app-password-form"),
        ("Sommer2026!", "app-password-form"),
        ("abcdefghijklmn0p", "app-password-form"),
        ("äbcdefghijklmnop", "app-password-form"),
        ("", "app-password-form"),
        ("   ", "app-password-form"),
    ],
)
def test_what_is_none_is_told_apart(typed: str, code: str) -> None:
    """Letters that are missing, and a normal password, need different advice; neither is repeated."""
    with pytest.raises(InvalidRequestError) as raised:
        parse_app_password(typed)

    [problem] = raised.value.problems
    assert (problem.pointer, problem.code) == ("/password", code)
    assert not typed.strip() or typed.strip() not in str(raised.value)


def test_how_many_letters_are_missing_is_said() -> None:
    """So that people can see what they have not copied."""
    with pytest.raises(InvalidRequestError, match="has 16 letters; these are 14"):
        parse_app_password("abcd efgh ijkl mn")


def test_the_password_is_not_shown() -> None:
    """Neither by repr nor by str."""
    secret = parse_app_password("abcdefghijklmnop")

    assert "abcd" not in f"{secret!r} {secret}"
