"""Random mail: any Unicode that the rules admit, any attachment bytes, and what parsers trip over."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from service.mail.address import Address
from service.mail.attachment import Attachment, BytesContent
from service.mail.filenames import clean_filename, is_blocked
from service.mail.message import Message
from service.mail.rules import RuleError

_TOKENS = (
    "=?",
    "?=",
    "=?utf-8?q?a?=",
    '"',
    "\\",
    ",",
    ";",
    "<",
    ">",
    "(",
    "@",
    " ",
    "  ",
    "'",
    "%",
    "word",
    "Ü" * 40,
)
_BODY_TOKENS = ("a" * 70, "ä", ".", "\n", "\r\n", "\r", " ", "\t", "=", "--=_x", "From ", "x" * 1100)
_FIRST_PRIVATE = 0xE000


def _of_tokens(tokens: tuple[str, ...], max_size: int) -> SearchStrategy[str]:
    """A row of tokens, drawn as one text of stand-ins: a list of draws takes ten times as long."""
    stand_ins = {_FIRST_PRIVATE + number: token for number, token in enumerate(tokens)}
    return st.text([chr(code) for code in stand_ins], max_size=max_size).map(
        lambda text: text.translate(stand_ins)
    )


_DENSE = _of_tokens(_TOKENS, 12)
_LINES = _DENSE | st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300)
_VISIBLE = _DENSE | st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf", "Co", "Cn")), max_size=200
)
_SUBJECTS = _LINES | st.text("aÜ🧾 ", min_size=100, max_size=998)
_BODIES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=400
) | _of_tokens(_BODY_TOKENS, 20)

_LOCALS = st.text("az09!#$%&'*+/=?^_`{|}~-.", min_size=1, max_size=50).map(
    lambda text: ".".join(filter(None, text.split("."))) or "a"
)
_DOMAINS = st.sampled_from(
    ["example.com", "xn--mller-kva.de", "a.b.c.example.org", f"{'a' * 60}.{'b' * 60}.de"]
)
_SPECS = st.builds("{}@{}".format, _LOCALS, _DOMAINS)

_TYPES = st.sampled_from(["application/pdf", "text/xml", "image/png", "text/plain", "text/html"])
_FILENAMES = _LINES.map(lambda name: name[:120])
_CONTENT_IDS = st.none() | st.sampled_from(["logo", "image.1@example.com"])
_HEADERS = st.lists(
    st.tuples(st.text("abCD09-", min_size=1, max_size=30).map("X-{}".format), _LINES),
    max_size=3,
    unique_by=lambda header: header[0].lower(),
).map(tuple)


def composable() -> SearchStrategy[Message]:
    """Whatever ``compose`` has to take, also what no caller can ask for."""
    addresses = st.builds(Address, _SPECS, _VISIBLE)
    lists = st.lists(addresses, max_size=3).map(tuple)
    contents = st.binary(max_size=400).map(BytesContent)
    files = st.builds(Attachment, _FILENAMES.filter(bool), _TYPES, contents, _CONTENT_IDS)
    return st.builds(
        Message,
        sender=addresses,
        subject=_SUBJECTS,
        to=lists,
        cc=lists,
        bcc=lists,
        reply_to=lists,
        text=_BODIES,
        html=st.none() | _BODIES,
        attachments=st.lists(files, max_size=3).map(tuple),
        headers=_HEADERS,
    )


def admitted(sender: str) -> SearchStrategy[Message]:
    """What a caller can ask the mailbox ``sender`` to send; an addressee may be named twice."""
    # "<" and ">" of a name could not be told from those around the address.
    names = _VISIBLE.map(lambda name: name.translate({ord("<"): "‹", ord(">"): "›"})[:200])
    lists = st.lists(st.builds(Address, _SPECS, names), max_size=3).map(tuple)
    files = st.lists(_admitted_files(), max_size=3, unique_by=lambda file: file.content_id or id(file))
    bodies = st.tuples(_BODIES, st.none() | _BODIES) | st.tuples(st.none(), _BODIES)
    messages = st.builds(
        _with_bodies,
        bodies,
        sender=st.builds(Address, st.just(sender), names),
        subject=_SUBJECTS.filter(str.strip),
        to=lists,
        cc=lists,
        bcc=lists,
        reply_to=lists,
        attachments=files.map(tuple),
        headers=_HEADERS,
    )
    return messages.filter(lambda message: message.recipients)


def _admitted_files() -> SearchStrategy[Attachment]:
    names = _FILENAMES.map(lambda name: name.translate({ord("\\"): "＼", ord("/"): "／"}))
    # A few bytes over and over: larger files, and patterns that end anywhere in a line of base64.
    contents = st.binary(min_size=1, max_size=400) | st.builds(
        bytes.__mul__, st.binary(min_size=1, max_size=60), st.integers(1, 500)
    )
    return st.builds(
        Attachment,
        names.filter(_is_admitted_name),
        _TYPES | st.just("message/rfc822"),
        contents.map(BytesContent),
        _CONTENT_IDS,
    )


def _is_admitted_name(filename: str) -> bool:
    try:
        return not is_blocked(clean_filename(filename))
    except RuleError:
        return False


def _with_bodies(bodies: tuple[str | None, str | None], **fields: Any) -> Message:
    """Drawn together, because of two that may both be missing every fourth message would be in vain."""
    text, html = bodies
    return Message(text=text, html=html, **fields)
