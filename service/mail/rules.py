"""What may stand in a mail's fields, checked at the door so that composing cannot fail later.

Each ``check_`` function answers its argument, so that it can be used while reading. File names and what
is in files: ``filenames`` and ``archives``.
"""

import re
import unicodedata

MAX_SUBJECT = 998
LONG_SUBJECT = 250
MAX_TEXT = 1_000_000
MAX_HEADERS = 50
MAX_HEADER_VALUE = 998
MAX_REFERENCE = 200

# Control characters of both sets, the line separators beyond them, and halves of characters.
_NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_IN_A_TEXT = re.compile("[\x00\ud800-\udfff]")
_HEADER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,60}")
_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=^_`{|}~.@-]{1,200}")
# Fields beyond X-… that say something to mail programs and nothing about who sends to whom.
_ALLOWED_HEADERS = frozenset(
    {
        "auto-submitted",
        "comments",
        "importance",
        "in-reply-to",
        "keywords",
        "list-help",
        "list-id",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "organization",
        "precedence",
        "priority",
        "references",
        "sensitivity",
    }
)
_FREE_TEXT_HEADERS = frozenset({"comments", "keywords", "organization"})
# Ours, Google's, and those by which servers note whom a mail was for.
_RESERVED_PREFIXES = ("x-postausgang-", "x-google-", "x-gm-", "x-original-to", "x-envelope-", "x-forwarded-")


class RuleError(ValueError):
    """Why a value cannot go into a mail; ``args[0]`` is a sentence without the value itself."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def check_line(line: str, maximum: int, what: str) -> str:
    """A text on one line.

    Raises:
        RuleError: ``invalid-length`` or ``invalid-characters``.
    """
    if len(line) > maximum:
        raise RuleError("invalid-length", f"{what} has at most {maximum} characters.")
    if _NOT_IN_A_LINE.search(line):
        raise RuleError("invalid-characters", f"{what} holds no line breaks or control characters.")
    return line


def check_subject(subject: str) -> str:
    """A subject: 1 to 998 characters on one line (RFC 5322 §2.1.1). Raises as ``check_line``."""
    if not subject.strip():
        raise RuleError("invalid-length", "The subject is empty.")
    return check_line(subject, MAX_SUBJECT, "The subject")


def check_text(text: str) -> str:
    """A plain or HTML body; line breaks of any kind may be in it. Raises as ``check_line``."""
    if len(text) > MAX_TEXT:
        raise RuleError("invalid-length", f"A text has at most {MAX_TEXT} characters.")
    if _NOT_IN_A_TEXT.search(text):
        raise RuleError("invalid-characters", "A text holds no NUL and no half characters.")
    return text


def check_header_name(name: str) -> str:
    """The name of an extra field: ``X-…`` or one of the allow-list.

    Raises:
        RuleError: ``header-not-allowed``.
    """
    key = name.lower()
    is_free = key.startswith("x-") and len(key) > len("x-") and not key.startswith(_RESERVED_PREFIXES)
    if not _HEADER_NAME.fullmatch(name) or not (is_free or key in _ALLOWED_HEADERS):
        raise RuleError("header-not-allowed", "Only X-… fields and a short list of others may be added.")
    return name


def check_header_value(value: str) -> str:
    """The value of an extra field. Raises as ``check_line``."""
    return check_line(value, MAX_HEADER_VALUE, "A header")


def check_header(name: str, value: str) -> None:
    """A field whose value is more than free text must be ASCII, because it cannot be encoded.

    Raises:
        RuleError: ``invalid-characters``.
    """
    key = name.lower()
    if key.startswith("x-") or key in _FREE_TEXT_HEADERS:
        return
    if not value.isascii() or not value.strip():
        raise RuleError("invalid-characters", "The value of this header is plain ASCII and not empty.")


def check_content_type(content_type: str) -> str:
    """``type/subtype`` in lower case; parameters are left out.

    Raises:
        RuleError: ``invalid-content-type``.
    """
    plain = content_type.partition(";")[0].strip().lower()
    if not _CONTENT_TYPE.fullmatch(plain):
        raise RuleError("invalid-content-type", "A content type reads like application/pdf.")
    return plain


def check_content_id(content_id: str) -> str:
    """The name of an inline image, as it stands after ``cid:``.

    Raises:
        RuleError: ``invalid-content-id``.
    """
    if not _CONTENT_ID.fullmatch(content_id):
        raise RuleError("invalid-content-id", "A content id has 1 to 200 plain characters, without < and >.")
    return content_id


def has_mixed_scripts(domain: str) -> bool:
    """Whether a label of an internationalised domain mixes alphabets, as look-alikes do."""
    for label in domain.split("."):
        if not label.startswith("xn--"):
            continue
        letters = [letter for letter in label[4:].encode().decode("punycode") if letter.isalpha()]
        scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in letters}
        if len(scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}) > 1:
            return True
    return False
