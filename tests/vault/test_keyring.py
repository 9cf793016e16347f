"""The operator's keys: their file, wrapping, rotation."""

import base64
import os
from pathlib import Path

import pytest

from service.errors import ConfigurationError, SealError
from service.vault.keyring import Keyring, key_id_of

CANARY = b"canary-key-0123456789-abcdefghij"
OTHER = b"o" * 32
CANARY_LINE = f"k_old {base64.b64encode(CANARY).decode()}"
OTHER_LINE = f"k_new {base64.b64encode(OTHER).decode()}"


def problems_of(text: str) -> tuple[str, ...]:
    """What is wrong with a keyring's text."""
    with pytest.raises(ConfigurationError) as caught:
        Keyring.parse(text, "keyring")
    return caught.value.problems


def test_keys_are_read_oldest_first_and_the_newest_is_the_last() -> None:
    """Comments, empty lines and blanks around are passed over."""
    keyring = Keyring.parse(f"# keys\n\n  {CANARY_LINE}  # 2025\n{OTHER_LINE}\n")

    assert keyring.key_ids == ["k_old", "k_new"]
    assert keyring.newest_id == "k_new"


@pytest.mark.parametrize(
    "line",
    [
        "k_old",
        "old " + CANARY_LINE.split()[1],
        "k_old c2hvcnQ=",
        "k_old not-base64!",
        CANARY_LINE + " more",
        "k_UPPER " + CANARY_LINE.split()[1],
        "k_old ümlaut",
    ],
)
def test_a_bad_line_is_named_by_its_number_and_never_shown(line: str) -> None:
    """A typing mistake must not print half a key."""
    problems = problems_of(f"# first\n{line}\n")

    assert problems == ("keyring, line 2: must be k_<name> and 32 bytes in base64",)


def test_all_faults_of_a_keyring_are_told_at_once() -> None:
    """An operator mends the file in one go."""
    problems = problems_of(f"{CANARY_LINE}\n{CANARY_LINE}\nnonsense\n")

    assert [problem.split(":")[0] for problem in problems] == ["keyring, line 2", "keyring, line 3"]


@pytest.mark.parametrize("text", ["", "# nothing\n\n"])
def test_a_keyring_without_a_key_is_refused(text: str) -> None:
    """The service does not start without a key."""
    assert "holds no key" in problems_of(text)[0]


def test_a_missing_file_is_told_with_the_command_that_makes_it(tmp_path: Path) -> None:
    """A newcomer's first mistake has its answer in the error."""
    with pytest.raises(ConfigurationError, match="postausgang keys generate"):
        Keyring.read(tmp_path / "keyring")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_keyring_that_others_may_read_is_refused(keyring_path: Path, mode: int) -> None:
    """The error names the command that mends it."""
    keyring_path.chmod(mode)

    with pytest.raises(ConfigurationError, match=f"chmod 600 {keyring_path}"):
        Keyring.read(keyring_path)


def test_a_folder_or_a_binary_file_is_no_keyring(tmp_path: Path) -> None:
    """Whatever is there instead gives a sentence, not a stack trace."""
    binary = tmp_path / "binary"
    binary.write_bytes(os.urandom(32) + b"\xff")
    binary.chmod(0o600)

    with pytest.raises(ConfigurationError, match="cannot be read"):
        Keyring.read(tmp_path)
    with pytest.raises(ConfigurationError, match="not a text file"):
        Keyring.read(binary)


def test_adding_a_key_makes_a_file_for_its_owner_only(tmp_path: Path) -> None:
    """The folder is made too, and no other file is left in it."""
    path = tmp_path / "credentials" / "keyring"

    first = Keyring.add_key(path)
    second = Keyring.add_key(path)

    assert Keyring.read(path).key_ids == [first, second]
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_adding_a_key_keeps_what_stands_in_the_file(tmp_path: Path) -> None:
    """Comments and old keys stay, also where the last line has no end."""
    path = tmp_path / "keyring"
    path.write_text(f"# mine\n{CANARY_LINE}")
    path.chmod(0o600)

    added = Keyring.add_key(path)

    assert path.read_text().startswith(f"# mine\n{CANARY_LINE}\n{added} ")


def test_a_key_is_not_added_to_a_file_that_is_no_keyring(tmp_path: Path) -> None:
    """A wrong path must not damage another file."""
    path = tmp_path / "notes.txt"
    path.write_text("buy milk\n")
    path.chmod(0o600)

    with pytest.raises(ConfigurationError, match="line 1"):
        Keyring.add_key(path)

    assert path.read_text() == "buy milk\n"


def test_a_wrapped_key_opens_again_and_names_its_key() -> None:
    """The round trip."""
    keyring = Keyring.parse(f"{CANARY_LINE}\n{OTHER_LINE}")
    wrapped = keyring.wrap(b"d" * 32, "ten_1")

    assert keyring.unwrap("ten_1", wrapped) == b"d" * 32
    assert key_id_of(wrapped) == "k_new"
    assert b"d" * 32 not in wrapped


def test_old_keys_open_and_the_newest_wraps() -> None:
    """After a rotation nothing that was wrapped before is lost."""
    wrapped_before = Keyring.parse(CANARY_LINE).wrap(b"d" * 32, "ten_1")
    keyring = Keyring.parse(f"{CANARY_LINE}\n{OTHER_LINE}")

    assert keyring.unwrap("ten_1", wrapped_before) == b"d" * 32
    assert key_id_of(keyring.wrap(b"d" * 32, "ten_1")) == "k_new"


def test_a_wrapped_key_opens_for_its_tenant_only() -> None:
    """A data key that was moved to another tenant's row is refused."""
    keyring = Keyring.parse(CANARY_LINE)
    wrapped = keyring.wrap(b"d" * 32, "ten_1")

    with pytest.raises(SealError):
        keyring.unwrap("ten_2", wrapped)


def test_every_changed_or_missing_byte_of_a_wrapped_key_is_refused() -> None:
    """Version, name, nonce and sealed key are all bound."""
    keyring = Keyring.parse(f"{CANARY_LINE}\n{OTHER_LINE}")
    wrapped = keyring.wrap(b"d" * 32, "ten_1")

    for position in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[position] ^= 1
        for damaged in (bytes(changed), wrapped[:position], wrapped + b"x"):
            with pytest.raises(SealError):
                keyring.unwrap("ten_1", damaged)


def test_an_unknown_key_is_named_in_the_error() -> None:
    """The operator learns which key has to come back."""
    wrapped = Keyring.parse(OTHER_LINE).wrap(b"d" * 32, "ten_1")

    with pytest.raises(SealError, match="k_new is not in the keyring"):
        Keyring.parse(CANARY_LINE).unwrap("ten_1", wrapped)


def test_a_running_service_learns_of_a_new_key_when_it_meets_it(keyring_path: Path) -> None:
    """Another process may rotate the keys while this one runs."""
    running = Keyring.read(keyring_path)
    added = Keyring.add_key(keyring_path)
    wrapped = Keyring.read(keyring_path).wrap(b"d" * 32, "ten_1")

    assert running.unwrap("ten_1", wrapped) == b"d" * 32
    assert running.newest_id == added


def test_a_running_service_wraps_with_a_key_that_came_since(keyring_path: Path) -> None:
    """A tenant that is new after a rotation does not hang on the old key, which may be removed by then."""
    running = Keyring.read(keyring_path)
    [old_id] = running.key_ids
    new_id = Keyring.add_key(keyring_path)

    wrapped = running.wrap(b"d" * 32, "ten_1")
    rest = [line for line in keyring_path.read_text().splitlines() if not line.startswith(old_id)]
    keyring_path.write_text("\n".join(rest))

    assert key_id_of(wrapped) == new_id
    assert Keyring.read(keyring_path).unwrap("ten_1", wrapped) == b"d" * 32


def test_a_keyring_that_went_bad_meanwhile_is_told_as_a_seal_error(keyring_path: Path) -> None:
    """A half-edited file stops only what needs the new key."""
    running = Keyring.read(keyring_path)
    known = running.wrap(b"d" * 32, "ten_1")
    unknown = Keyring.parse(OTHER_LINE).wrap(b"d" * 32, "ten_1")
    keyring_path.write_text("nonsense\n")

    with pytest.raises(SealError, match="keyring cannot be read"):
        running.unwrap("ten_1", unknown)
    assert running.unwrap("ten_1", known) == b"d" * 32


def test_derived_keys_differ_by_purpose_and_key_and_come_newest_first() -> None:
    """Cookies stay valid over a rotation, and one use never signs for another."""
    both = Keyring.parse(f"{CANARY_LINE}\n{OTHER_LINE}")

    assert both.derive("session cookies") == [
        *Keyring.parse(OTHER_LINE).derive("session cookies"),
        *Keyring.parse(CANARY_LINE).derive("session cookies"),
    ]
    assert all(len(key) == 32 for key in both.derive("session cookies"))
    assert not set(both.derive("session cookies")) & {*both.derive("forms"), CANARY, OTHER}


def test_no_key_stands_in_what_a_keyring_shows_of_itself() -> None:
    """Not in its repr, and not in an error on the way."""
    keyring = Keyring.parse(CANARY_LINE)
    with pytest.raises(SealError) as caught:
        keyring.unwrap("ten_2", keyring.wrap(CANARY, "ten_1"))

    shown = repr(keyring) + str(keyring) + repr(caught.value) + str(caught.value)

    assert "canary" not in shown
    assert CANARY_LINE.split()[1] not in shown
