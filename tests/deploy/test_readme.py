"""What README.md and the guides say is true of this checkout."""

import ast
import re
from pathlib import Path

import click
import pytest

from service.api.schemas import NewMessage
from service.cli import main
from tests.deploy.settings_table import BEGIN, END, with_table

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "CHANGELOG.md",
    "credentials/README.md",
    "deploy/google-setup.md",
    "deploy/delegation.md",
    "deploy/settings.md",
)


@pytest.fixture
def readme() -> str:
    """The text of README.md."""
    return (ROOT / "README.md").read_text()


def test_the_table_of_settings_is_the_settings_model() -> None:
    """`make docs` would change nothing."""
    page = (ROOT / "deploy" / "settings.md").read_text()

    assert BEGIN in page
    assert END in page
    assert with_table(page) == page


def test_readme_stays_short(readme: str) -> None:
    """The first page is read, not searched: at most 250 lines."""
    assert len(readme.splitlines()) <= 250


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_that_exist(page: str) -> None:
    """Each relative link of a page leads to a file of the checkout."""
    folder = (ROOT / page).parent

    for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text()):
        assert (folder / target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_are_named_exist(page: str) -> None:
    """Each `postausgang …` and `pa …` command line names a command and, where it has any, real options."""
    lines = re.findall(
        r"(?:^|[`;] ?)(?:postausgang|pa) ([a-z][^`#\n]*)", (ROOT / page).read_text(), re.MULTILINE
    )

    for line in lines:
        _check_command(line.split(), page)


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_that_are_named_exist(page: str) -> None:
    """Each `make …` names a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text()

    for target in re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / page).read_text(), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page} names make {target}"


def test_every_command_is_in_the_changelog() -> None:
    """Whoever reads the changelog learns of each command."""
    changelog = (ROOT / "CHANGELOG.md").read_text()

    for name in main.commands:
        assert f"`{name}`" in changelog.replace("postausgang serve", "serve")


def test_the_samples_of_the_first_call_are_accepted(readme: str) -> None:
    """What readers copy is valid: curl's JSON as a whole, and the fields that the Python sample sends."""
    (curl,) = re.findall(r"'message=(\{.*?\});type=application/json'", readme, re.DOTALL)
    (python,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    sent = {
        key.value
        for part in ast.walk(ast.parse(python))
        if isinstance(part, ast.keyword) and part.arg == "json" and isinstance(part.value, ast.Dict)
        for key in part.value.keys
        if isinstance(key, ast.Constant)
    }

    assert NewMessage.model_validate_json(curl).subject == "Rechnung RE-2026-0042"
    assert sent == {"connection", "to", "subject", "text", "attachments"}
    assert sent <= set(NewMessage.model_fields)


def _check_command(words: list[str], page: str) -> None:
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"{page}: postausgang has no {words[0]}"
        command = command.commands[words.pop(0)]
    options = {option for parameter in command.params for option in parameter.opts}
    for word in words:
        if word.startswith("--"):
            assert word in options, f"{page}: {command.name} has no {word}"
