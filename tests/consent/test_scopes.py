"""What a set of granted scopes is good for."""

import pytest

from service.consent.scopes import METADATA, OPENID, SEND, SENDING, may_look_into_sent, may_send, normalise

MAIL = "https://mail.google.com/"


def test_short_and_long_names_are_the_same_scope() -> None:
    """Google answers ``email`` by its long name, in any order."""
    assert normalise(["openid", SEND, "email"]) == SENDING
    assert normalise(["https://www.googleapis.com/auth/userinfo.email", SEND, "openid"]) == SENDING


@pytest.mark.parametrize(
    ("granted", "sends", "looks"),
    [
        (SENDING, True, False),
        (SENDING | METADATA, True, True),
        (frozenset({OPENID}), False, False),
        (METADATA, False, True),
        (frozenset({MAIL}), True, True),
        (frozenset({f"{SEND}.evil"}), False, False),
        (frozenset[str](), False, False),
    ],
)
def test_each_right_is_known(granted: frozenset[str], *, sends: bool, looks: bool) -> None:
    """Sending and looking into *Sent* are separate rights."""
    assert (may_send(granted), may_look_into_sent(granted)) == (sends, looks)
