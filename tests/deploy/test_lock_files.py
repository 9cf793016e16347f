"""The lock files: everything pinned and hashed, no registry named, and never two opinions."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
FILES = (
    "requirements.txt",
    "requirements-build.txt",
    "requirements-demo.txt",
    "requirements-dev.txt",
)


@pytest.mark.parametrize("file", FILES)
def test_each_package_is_pinned_and_hashed(file: str) -> None:
    """Each entry is one exact version with SHA-256 hashes, as pip's --require-hashes wants it."""
    for entry in _entries(file):
        assert re.match(r"[a-z0-9._-]+==[^ ]+ ", entry), entry
        assert " --hash=sha256:" in entry, entry


@pytest.mark.parametrize("file", FILES)
def test_no_registry_is_named(file: str) -> None:
    """Where packages come from is decided by whoever installs them."""
    text = (ROOT / "deploy" / file).read_text()

    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)


@pytest.mark.parametrize("file", FILES[:3])
def test_all_files_agree(file: str) -> None:
    """What production runs is what the tests ran: each pin is in the development file too."""
    assert set(_entries(file)) <= set(_entries("requirements-dev.txt"))


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("requirements.txt", "runtime"),
        ("requirements-build.txt", "build"),
        ("requirements-demo.txt", "demo"),
        ("requirements-dev.txt", "dev"),
    ],
)
def test_what_the_project_asks_for_is_locked_in_a_version_that_fits(file: str, wanted: str) -> None:
    """pyproject.toml and the lock files do not drift apart."""
    pinned = dict(entry.split(" ")[0].split("==") for entry in _entries(file))

    for requirement in _asked_for(wanted):
        name = canonicalize_name(requirement.name)
        assert name in pinned, f"run make lock: {name} is not in {file}"
        assert requirement.specifier.contains(pinned[name]), f"run make lock: {name} in {file}"


def _asked_for(wanted: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    extras = project["project"]["optional-dependencies"]
    groups = project["dependency-groups"]
    asked = {
        "runtime": runtime,
        "build": groups["build"],
        "demo": runtime + extras["demo"] + groups["build"],
        "dev": runtime + list(chain(*extras.values())) + groups["dev"] + groups["build"],
    }
    return [Requirement(line) for line in asked[wanted]]


def _entries(file: str) -> list[str]:
    text = (ROOT / "deploy" / file).read_text().replace(" \\\n    ", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
