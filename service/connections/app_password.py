"""App passwords: 16 letters that Google shows in four groups.

Source: https://support.google.com/accounts/answer/185833 (2026-11).
"""

from pydantic import SecretStr

from service.errors import InvalidRequestError, Problem

LETTERS = 16
_POINTER = "/password"
# Copied from Google's page, mail or chat, the gaps are spaces of many kinds, or characters without width.
_GAPS = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


def parse_app_password(text: str) -> SecretStr:
    """The password as Google wants it: 16 letters ``a`` to ``z``, without any gap.

    Raises:
        InvalidRequestError: code ``app-password-length`` when letters are missing or too many;
            ``app-password-form`` when it looks like the account's normal password. The text is not repeated.
    """
    letters = without_gaps(text).lower()
    if not letters.isascii() or not letters.isalpha():
        raise _fault("app-password-form", "This looks like your normal Google password; it will not work.")
    if len(letters) != LETTERS:
        raise _fault(
            "app-password-length", f"An app password has {LETTERS} letters; these are {len(letters)}."
        )
    return SecretStr(letters)


def without_gaps(text: str) -> str:
    """What is left of a password that was copied with its groups."""
    return "".join(text.translate(_GAPS).split())


def _fault(code: str, sentence: str) -> InvalidRequestError:
    return InvalidRequestError(Problem(_POINTER, code, sentence))
