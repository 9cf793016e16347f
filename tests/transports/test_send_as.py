"""Gmail's *send mail as*: only verified addresses count, and an odd answer is no answer."""

from collections.abc import Iterator

import pytest

from service.consent.refresh import AccessTokens
from service.errors import DeliveryError
from service.google.gmail import GmailClient
from service.google.http import PooledHttp
from service.transports.send_as import GmailAliases
from tests.fakes.clock import FakeClock
from tests.fakes.grants import FakeAuthorizationServer, FakeGrantStore, issuing
from tests.fakes.wire import Reply, Seen, WireServer, as_json
from tests.transports.test_gmail_api import GRANT

OWN = {"sendAsEmail": "rechnung@muster.de", "isPrimary": True}
GOOD = {"sendAsEmail": "Faktura@muster.de", "verificationStatus": "accepted"}
PENDING = {"sendAsEmail": "chef@muster.de", "verificationStatus": "pending"}
UNSAID = {"sendAsEmail": "alt@muster.de", "verificationStatus": "verificationStatusUnspecified"}


@pytest.fixture
def replies() -> list[Reply]:
    """What Google will answer, in order."""
    return []


@pytest.fixture
def aliases(replies: list[Reply], clock: FakeClock) -> Iterator[GmailAliases]:
    def answer(seen: Seen) -> Reply:
        assert seen.target.startswith("/gmail/v1/users/me/settings/sendAs")
        return replies.pop(0)

    with WireServer(answer) as wire:
        http = PooledHttp(answer_timeout_s=2)
        tokens = AccessTokens(
            grants=FakeGrantStore(GRANT), issuer=issuing(FakeAuthorizationServer(clock)), clock=clock
        )
        yield GmailAliases(GmailClient(http, origin=wire.url, clock=clock), tokens)
        http.close()


def test_only_verified_addresses_count(aliases: GmailAliases, replies: list[Reply]) -> None:
    """By SMTP Google would rewrite any other From."""
    replies.append(as_json({"sendAs": [OWN, GOOD, PENDING, UNSAID]}))

    assert aliases.aliases("grt_1") == frozenset({"faktura@muster.de"})


def test_no_list_is_an_empty_one(aliases: GmailAliases, replies: list[Reply]) -> None:
    """Google leaves out what is empty."""
    replies.append(as_json({}))

    assert aliases.aliases("grt_1") == frozenset()


def test_a_refused_token_is_renewed_once(aliases: GmailAliases, replies: list[Reply]) -> None:
    """As for sending."""
    replies += [as_json({}, 401), as_json({"sendAs": [GOOD]})]

    assert aliases.aliases("grt_1") == frozenset({"faktura@muster.de"})


@pytest.mark.parametrize(
    "reply",
    [
        as_json({}, 403),
        as_json({}, 503),
        as_json({"sendAs": [{"verificationStatus": "accepted"}]}),
        as_json({"sendAs": [{"sendAsEmail": "a b@muster.de", "verificationStatus": "accepted"}]}),
        Reply(200, b"[]"),
    ],
)
def test_no_answer_is_not_an_empty_list(aliases: GmailAliases, replies: list[Reply], reply: Reply) -> None:
    """What cannot be read must not take senders away, nor add any."""
    replies.append(reply)

    with pytest.raises(DeliveryError):
        aliases.aliases("grt_1")
