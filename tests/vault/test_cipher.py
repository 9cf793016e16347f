"""What the vault seals opens at its own place, whole and unchanged, or not at all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.connections.ports import Place
from service.errors import SealError
from service.vault.chunks import cut
from service.vault.cipher import Vault
from service.vault.keyring import Keyring, key_id_of
from tests.fakes.data_keys import MemoryDataKeys

MIB = 1024 * 1024
CANARY = b"canary-token-1//0gXyZ"


def content(size_bytes: int) -> bytes:
    """So many bytes, of which no two chunks are equal."""
    return bytes(range(251)) * (size_bytes // 251) + bytes(size_bytes % 251)


def pieces_of(body: bytes, length: int) -> Iterator[bytes]:
    """The bytes in pieces."""
    for start in range(0, len(body), length):
        yield body[start : start + length]


@pytest.mark.parametrize("plain", [b"", b"x", CANARY, content(100_000)])
def test_a_sealed_value_opens_again(vault: Vault, place: Place, plain: bytes) -> None:
    """The round trip; nothing of the value can be read in what is stored."""
    sealed = vault.seal(place, plain)

    assert vault.open(place, sealed) == plain
    assert len(sealed) == 1 + 12 + len(plain) + 16
    assert CANARY not in sealed


def test_two_seals_of_one_value_differ(vault: Vault, place: Place) -> None:
    """Nobody sees in the database that two values are the same."""
    assert vault.seal(place, CANARY) != vault.seal(place, CANARY)


@pytest.mark.parametrize(
    "other",
    [
        {"table": "messages"},
        {"column": "access_token"},
        {"row": "grt_2"},
        {"table": "grantsr", "column": "efresh_token"},
        {"column": "refresh_tokeng", "row": "rt_1"},
    ],
)
def test_a_value_that_was_moved_does_not_open(vault: Vault, place: Place, other: dict[str, str]) -> None:
    """Another table, column or row, also where the names run into each other the same way."""
    sealed = vault.seal(place, CANARY)

    with pytest.raises(SealError):
        vault.open(replace(place, **other), sealed)


def test_a_value_of_another_tenant_does_not_open(vault: Vault, place: Place) -> None:
    """Each tenant has a data key of its own."""
    foreign = replace(place, tenant_id="ten_2")
    vault.seal(foreign, b"so that the other tenant has a key")

    with pytest.raises(SealError):
        vault.open(foreign, vault.seal(place, CANARY))


def test_a_value_does_not_open_for_another_tenant_with_the_same_data_key(
    vault: Vault, place: Place, keyring_path: Path, data_keys: MemoryDataKeys
) -> None:
    """The tenant is bound into the value too, not only into its key."""
    sealed = vault.seal(place, CANARY)
    keyring = Keyring.read(keyring_path)
    same = keyring.unwrap("ten_1", data_keys.wrapped["ten_1"])
    data_keys.wrapped["ten_2"] = keyring.wrap(same, "ten_2")

    with pytest.raises(SealError):
        Vault(keyring, data_keys).open(replace(place, tenant_id="ten_2"), sealed)


def test_every_changed_missing_or_added_byte_is_refused(vault: Vault, place: Place) -> None:
    """Version, nonce, body and tag."""
    sealed = vault.seal(place, CANARY)

    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        for damaged in (bytes(changed), sealed[:position], sealed + b"x"):
            with pytest.raises(SealError):
                vault.open(place, damaged)


def test_clear_text_is_never_taken_for_a_sealed_value(vault: Vault, place: Place) -> None:
    """An unknown format fails closed."""
    vault.seal(place, CANARY)

    with pytest.raises(SealError, match="unknown format"):
        vault.open(place, CANARY * 3)


def test_opening_before_anything_was_sealed_says_so(vault: Vault, place: Place) -> None:
    """Opening never makes a key."""
    with pytest.raises(SealError, match="no data key"):
        vault.open(place, CANARY)


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB + 7])
@pytest.mark.parametrize("length", [1_000_003, 40_000])
def test_content_of_any_length_opens_again(vault: Vault, place: Place, size: int, length: int) -> None:
    """Chunks hold 1 MiB, only the last one less; the pieces may come in any length."""
    body = content(size)

    sealed = list(vault.seal_stream(place, pieces_of(body, length)))

    assert b"".join(vault.open_stream(place, sealed)) == body
    assert len(sealed) == max(1, -(-size // MIB))
    assert all(len(chunk) == MIB + 29 for chunk in sealed[:-1])


@given(st.lists(st.binary(max_size=12), max_size=8), st.integers(min_value=1, max_value=9))
def test_cutting_changes_nothing_but_the_lengths(pieces: list[bytes], size: int) -> None:
    """All bytes in order, every chunk full but the last, which alone is marked and alone may be empty."""
    chunks = [(bytes(chunk), is_last) for chunk, is_last in cut(pieces, size)]

    assert b"".join(chunk for chunk, _ in chunks) == b"".join(pieces)
    assert [is_last for _, is_last in chunks] == [False] * (len(chunks) - 1) + [True]
    assert all(len(chunk) == size for chunk, _ in chunks[:-1])
    assert 0 < len(chunks[-1][0]) <= size or chunks == [(b"", True)]


def test_missing_moved_doubled_or_foreign_chunks_are_refused(vault: Vault, place: Place) -> None:
    """Order and end are bound in, so content opens only as it was sealed."""
    first, second, third = vault.seal_stream(place, [content(2 * MIB + 5)])
    foreign = list(vault.seal_stream(replace(place, row="grt_2"), [content(2 * MIB + 5)]))

    for changed in (
        [],
        [first],
        [first, second],
        [second, third],
        [third],
        [second, first, third],
        [first, second, second, third],
        [first, second, third, third],
        [first, second, foreign[2]],
        foreign,
    ):
        with pytest.raises(SealError):
            list(vault.open_stream(place, changed))


def test_nothing_of_a_cut_off_end_is_given_out(vault: Vault, place: Place) -> None:
    """The last chunk that is there is not opened when the true last one is missing."""
    first, second, _ = vault.seal_stream(place, [content(2 * MIB + 5)])
    opened = vault.open_stream(place, [first, second])

    assert len(next(opened)) == MIB
    with pytest.raises(SealError):
        next(opened)


def test_a_value_and_a_chunk_do_not_open_as_each_other(vault: Vault, place: Place) -> None:
    """What is sealed as one kind is refused as the other."""
    with pytest.raises(SealError):
        vault.open(place, next(vault.seal_stream(place, [CANARY])))
    with pytest.raises(SealError):
        list(vault.open_stream(place, [vault.seal(place, CANARY)]))


def test_a_second_vault_on_the_same_store_opens_what_the_first_sealed(
    vault: Vault, place: Place, keyring_path: Path, data_keys: MemoryDataKeys
) -> None:
    """Web and worker are two processes."""
    sealed = vault.seal(place, CANARY)

    assert Vault(Keyring.read(keyring_path), data_keys).open(place, sealed) == CANARY


def test_many_threads_and_two_vaults_settle_on_one_data_key(
    place: Place, keyring_path: Path, data_keys: MemoryDataKeys
) -> None:
    """The first writer wins; every value opens afterwards."""
    vaults = [Vault(Keyring.read(keyring_path), data_keys) for _ in range(2)]

    with ThreadPoolExecutor(16) as pool:
        sealed = list(pool.map(lambda turn: vaults[turn % 2].seal(place, CANARY), range(64)))

    fresh = Vault(Keyring.read(keyring_path), data_keys)
    assert {fresh.open(place, one) for one in sealed} == {CANARY}


def test_rewrapping_moves_every_data_key_to_the_newest_key(
    vault: Vault, place: Place, keyring_path: Path, data_keys: MemoryDataKeys
) -> None:
    """Values stay as they are and open before, during and after; the old key may then go."""
    places = [replace(place, tenant_id=f"ten_{number}") for number in range(3)]
    sealed = [vault.seal(one, CANARY) for one in places]
    added = Keyring.add_key(keyring_path)
    rotating = Vault(Keyring.read(keyring_path), data_keys)

    assert rotating.rewrap_all() == 3
    assert rotating.rewrap_all() == 0

    _, newest = keyring_path.read_text().splitlines()
    keyring_path.write_text(f"{newest}\n")
    only_new = Vault(Keyring.read(keyring_path), data_keys)
    assert {key_id_of(wrapped) for _, wrapped in data_keys.data_keys()} == {added}
    assert [only_new.open(one, value) for one, value in zip(places, sealed, strict=True)] == [CANARY] * 3


def test_one_broken_data_key_does_not_stop_the_others(
    vault: Vault, place: Place, keyring_path: Path, data_keys: MemoryDataKeys
) -> None:
    """The rotation goes on and names the tenant at the end."""
    vault.seal(place, CANARY)
    vault.seal(replace(place, tenant_id="ten_2"), CANARY)
    data_keys.wrapped["ten_1"] = data_keys.wrapped["ten_1"][:-1]
    added = Keyring.add_key(keyring_path)

    with pytest.raises(SealError, match="ten_1"):
        Vault(Keyring.read(keyring_path), data_keys).rewrap_all()

    assert key_id_of(data_keys.wrapped["ten_2"]) == added


def test_without_its_key_a_tenant_is_refused_and_nothing_is_made_anew(
    vault: Vault, place: Place, tmp_path: Path, data_keys: MemoryDataKeys
) -> None:
    """A lost keyring must not be answered with a second data key."""
    vault.seal(place, CANARY)
    before = dict(data_keys.wrapped)
    Keyring.add_key(tmp_path / "other")
    stranger = Vault(Keyring.read(tmp_path / "other"), data_keys)

    with pytest.raises(SealError, match="is not in the keyring"):
        stranger.seal(place, CANARY)

    assert data_keys.wrapped == before


def test_no_secret_stands_in_what_a_vault_shows_of_itself(vault: Vault, place: Place) -> None:
    """Not in its repr, and not in an error on the way."""
    sealed = vault.seal(place, CANARY)
    with pytest.raises(SealError) as caught:
        vault.open(replace(place, row="grt_2"), sealed)

    shown = repr(vault) + repr(caught.value) + str(caught.value) + repr(caught.value.__cause__)

    assert CANARY.decode() not in shown
