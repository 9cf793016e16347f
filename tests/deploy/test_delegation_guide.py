"""What deploy/delegation.md says of delegation is what the code does."""

import re
from pathlib import Path

from service.catalogue import ADMIN_PATH
from service.delegation.key_file import MAX_BITS, MIN_BITS
from service.delegation.report import BLAMES
from service.delegation.setup import SCOPES

GUIDE = (Path(__file__).parents[2] / "deploy/delegation.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| `([a-z-]+)` \|", re.MULTILINE)


def test_the_admins_path_is_the_one_that_the_api_names() -> None:
    """Word for word."""
    assert ADMIN_PATH.en in GUIDE


def test_every_scope_is_explained() -> None:
    """And no other one."""
    assert set(re.findall(r"^\| `(https://[^`]+)`", GUIDE, re.MULTILINE)) == SCOPES


def test_every_failure_of_a_step_is_explained_at_its_step() -> None:
    """As the verification tells it."""
    told = {(code, step) for step, code in ROW.findall(GUIDE)}
    # Nothing that an admin could do about these: they are ours.
    known = {(code, step.value) for code, step in BLAMES.items()} - {
        ("key-unavailable", "key_readable"),
        ("sender-not-allowed", "user_exists"),
    }

    assert told == known | {("gmail-not-enabled", "mailbox_exists")}


def test_the_keys_lengths_are_the_ones_that_are_taken() -> None:
    """In bits, as the key file is checked."""
    assert f"{MIN_BITS} to {MAX_BITS} bits" in GUIDE
