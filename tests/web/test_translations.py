"""Every text has its German, and the compiled file is made from its source."""

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import service.web

WEB = Path(service.web.__file__).parent
GERMAN = WEB / "translations" / "de" / "LC_MESSAGES" / "messages.po"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "later": None}


def german() -> Catalog:
    """The German texts."""
    with GERMAN.open("rb") as source:
        return read_po(source, locale="de")


def texts() -> set[str]:
    """Every English text of the sources; of a plural its singular."""
    found = extract_from_dir(str(WEB), method_map=METHODS, keywords=KEYWORDS)
    return {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}


def strings_of(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Each English text, of a plural its singular, with its German, of a plural both forms."""
    found = {}
    for message in catalog:
        if message.id:
            original = message.id if isinstance(message.id, str) else message.id[0]
            strings = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
            found[original] = strings
    return found


def test_every_text_is_translated() -> None:
    """No text of the sources is missing, none is empty, none is a guess of the tool, none is left over."""
    catalog = german()

    assert set(strings_of(catalog)) == texts()
    assert all(all(strings) for strings in strings_of(catalog).values())
    assert not any(message.fuzzy for message in catalog if message.id)


def test_translations_have_the_same_placeholders() -> None:
    """A sentence that loses its address or number is wrong."""
    for original, strings in strings_of(german()).items():
        for string in strings:
            assert (original, set(PLACEHOLDER.findall(string))) == (
                original,
                set(PLACEHOLDER.findall(original)),
            )


def test_the_compiled_file_is_made_from_its_source() -> None:
    """Nobody forgets to compile."""
    with GERMAN.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)

    assert strings_of(compiled) == strings_of(german())
