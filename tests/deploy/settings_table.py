"""Writes the table of settings: ``python -m tests.deploy.settings_table deploy/settings.md``."""

import sys
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from service.settings import Settings

BEGIN = "<!-- settings: written by `make docs` -->\n"
END = "<!-- end of settings -->\n"
_WORDS = {"ge": "at least", "gt": "more than", "le": "at most"}


def table() -> str:
    """Every setting in the order of the model: variable, default, meaning with its bounds."""
    rows = ["| Variable | Default | Meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        bounds = [
            f"{word} {_number(getattr(rule, kind))}"
            for rule in field.metadata
            for kind, word in _WORDS.items()
            if getattr(rule, kind, None) is not None
        ]
        meaning = f"{field.description} {', '.join(bounds).capitalize()}." if bounds else field.description
        rows.append(f"| `POSTAUSGANG_{name.upper()}` | {_default(field.default)} | {meaning} |")
    return "\n".join(rows) + "\n"


def with_table(readme: str) -> str:
    """The text with the present table between its marks."""
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{table()}\n{END}{tail}"


def _default(value: Any) -> str:
    if value is None:
        return ""
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return f"`{text}`"


def _number(value: float) -> str:
    return f"{value:,}".removesuffix(".0")


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(with_table(file.read_text()))
