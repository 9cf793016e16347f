"""The documentation page: everything it needs is here, and unchanged."""

import hashlib
import re
from pathlib import Path

import service.api
from tests.api.conftest import Api

VENDOR = Path(service.api.__file__).parent / "static" / "vendor"


def test_vendored_files_are_what_the_table_says() -> None:
    """Each file has a row with its licence and hash, and each row a file."""
    rows = dict(
        re.findall(
            r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", (VENDOR / "VENDOR.md").read_text(), re.MULTILINE
        )
    )
    files = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.iterdir()
        if file.name != "VENDOR.md"
    }

    assert rows == files


def test_the_page_loads_nothing_from_elsewhere(api: Api) -> None:
    """Every address on it is this server's, scripts are files, and the policy allows nothing more."""
    page = api.client.get("/docs")

    links = re.findall(r'<a href="([^"]+)"', page.text)
    loaded = re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]+)"', page.text)
    assert loaded
    loaded.remove("data:,")
    assert all(address.startswith("/") and not address.startswith("//") for address in (*links, *loaded))
    for address in loaded:
        with api.client.get(address) as answer:
            assert answer.status_code == 200
    assert not re.search(r"<script>|<style|style=|onload=", page.text)
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'")
