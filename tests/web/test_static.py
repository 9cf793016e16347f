"""Files from elsewhere are what they claim to be."""

import hashlib
import re
from pathlib import Path

import pytest

import service.web

VENDOR = Path(service.web.__file__).parent / "static" / "vendor"
BROWSER_VENDOR = Path(__file__).parent.parent / "browser" / "vendor"


@pytest.mark.parametrize("folder", [VENDOR, BROWSER_VENDOR])
def test_vendored_files_are_unchanged(folder: Path) -> None:
    """Each file stands in the table with its version, licence and hash."""
    table = (folder / "VENDOR.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", table, re.MULTILINE))

    present = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "VENDOR.md"
    }
    assert listed == present
