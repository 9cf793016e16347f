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
