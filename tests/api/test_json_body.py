"""Bodies read strictly, also where long base64 is taken out before the rest is looked at."""

import base64
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.faults import InvalidJsonError
from service.api.json_body import LONG, MAX_ITEMS, parse_object

FILE = bytes(range(256)) * 30
CONTENT = base64.b64encode(FILE).decode()
assert len(CONTENT) > LONG

_TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["content", CONTENT, CONTENT + "=", CONTENT[:-4] + "Ä" * 4, f'"{CONTENT}\\', "\\" * 5, f"{CONTENT}\n"]
    ),
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**16), 10**16) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(
    value=st.dictionaries(_TEXTS, _VALUES, max_size=4),
    indent=st.sampled_from([None, 0, 2]),
    is_ascii=st.booleans(),
)
def test_a_body_reads_as_the_standard_librarys_reader_reads_it(
    value: dict[str, Any],
    indent: int | None,
    is_ascii: bool,  # noqa: FBT001, an example of Hypothesis
) -> None:
    """Long base64 as value, as name, between quotes and backslashes: nothing of it changes what is read."""
    assert parse_object(json.dumps(value, indent=indent, ensure_ascii=is_ascii).encode()) == value


@given(
    beside=st.dictionaries(_TEXTS.filter(lambda name: name != "content"), _VALUES, max_size=3),
    before=st.lists(_VALUES, max_size=2),
    indent=st.sampled_from([None, 0, 2]),
)
def test_the_content_of_a_file_is_its_bytes(
    beside: dict[str, Any], before: list[Any], indent: int | None
) -> None:
    """Wherever the file stands, and whatever stands around it."""
    file = {**beside, "filename": "a.pdf", "content": CONTENT}
    value = {"before": before, "attachments": [file, {**file, "content": "QUI="}], "after": before}

    read = parse_object(json.dumps(value, indent=indent).encode())

    file["content"] = FILE
    assert read == {**value, "attachments": [file, {**file, "content": "QUI="}]}


def test_content_as_php_writes_it_is_its_bytes() -> None:
    """With a backslash before each slash; it is taken out before the decoder looks at each character."""
    content = base64.b64encode(b"\xff" * LONG).decode()
    body = json.dumps({"filename": "a.pdf", "content": content}).replace("/", r"\/").encode()

    assert len(body) > 2 * LONG
    assert parse_object(body) == {"filename": "a.pdf", "content": b"\xff" * LONG}


@pytest.mark.parametrize(
    "written",
    [rf"{CONTENT}\\/AA", rf"{CONTENT}\n", rf"{CONTENT}\"", rf"{CONTENT}A\u0041=="],
    ids=["a backslash", "a line end", "a quote", "another escape"],
)
def test_content_with_other_escapes_reads_as_the_standard_librarys_reader_reads_it(written: str) -> None:
    """Only the slash's backslash says nothing."""
    body = f'{{"filename": "a.pdf", "content": "{written}", "b": 1}}'.encode()

    assert parse_object(body) == json.loads(body)


@pytest.mark.parametrize(
    "written",
    [CONTENT + "=", CONTENT[:-1], CONTENT[:100] + "\n" + CONTENT[100:], CONTENT[:-4] + "Ä" * 4],
    ids=["too many", "too few", "a line end", "no base64"],
)
def test_what_is_no_plain_base64_stays_as_it_was_written(written: str) -> None:
    """So that it is refused by its own rule."""
    value = {"filename": "a.pdf", "content": written}

    assert parse_object(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        f'{{"a": NaN, "content": "{CONTENT}"}}',
        f'{{"content": "{CONTENT}", "a": NaN}}',
        f'{{"a": Infinity, "content": "{CONTENT}", "b": [-Infinity]}}',
        f'{{"content": "{CONTENT}", "content": "{CONTENT}"}}',
        f'{{"content": "{CONTENT}" "b": 1}}',
        f'{{"content": "{CONTENT}"}} "{CONTENT}"',
        f'["{CONTENT}"]',
        f'"{CONTENT}"',
        f'{{"content": "{CONTENT}',
        f'{{"content": "{CONTENT}\\"}}',
        f'{{"content": "{CONTENT}\n{CONTENT}"}}',
        f"{{'content': \"{CONTENT}\"}}",
        f'{{"content": {CONTENT}}}',
    ],
    ids=range(13),
)
def test_what_is_no_json_is_refused_beside_long_base64_too(body: str) -> None:
    """A constant of the body's own, a name twice, a missing comma, more behind, no end, a raw line end."""
    with pytest.raises(InvalidJsonError):
        parse_object(body.encode())


def test_base64_behind_very_many_strings_is_read_all_the_same() -> None:
    """Nobody looks for it without an end."""
    value = {"many": "," * 10, "texts": [["", ""] for _ in range(MAX_ITEMS // 3)], "content": CONTENT}

    assert parse_object(json.dumps(value).encode()) == value


@pytest.mark.parametrize("item", ['"",', "{},", '"content":"",', '"\\"a",'])
def test_a_body_of_too_many_items_is_refused_before_anything_is_made_of_it(item: str) -> None:
    """It takes no memory beside its own."""
    body = f'{{"a":[{item * 200_000}1]}}'.encode()
    tracemalloc.start()
    try:
        with pytest.raises(InvalidJsonError):
            parse_object(body)
        assert tracemalloc.get_traced_memory()[1] < len(body) // 10
    finally:
        tracemalloc.stop()


def test_commas_in_texts_are_no_items() -> None:
    """Behind escaped quotes neither."""
    text = 'a,"b",\\,' * MAX_ITEMS

    assert parse_object(json.dumps({"text": text, text: 1}).encode()) == {"text": text, text: 1}
