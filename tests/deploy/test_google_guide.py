"""The guide for the Google Cloud project says what the code asks for."""

import re
from pathlib import Path

from service.consent import scopes
from service.settings import Settings

GUIDE = (Path(__file__).parents[2] / "deploy/google-setup.md").read_text()


def test_the_scopes_of_the_guide_are_those_that_are_asked_for() -> None:
    """What the operator ticks under Data Access is what Connect Google account asks for, no more."""
    told = re.findall(r"^\| `(openid|https://www\.googleapis\.com/auth/[a-z.]+)` \|", GUIDE, re.MULTILINE)

    assert scopes.normalise(told) == scopes.SENDING


def test_the_redirect_uris_of_the_guide_are_those_that_are_sent() -> None:
    """Each example pairs a public address with the callback that the service really uses."""
    pairs = re.findall(r"\| `(https?://[^`]+)`[^|]*\| `(https?://[^`]+)` \|", GUIDE)

    assert len(pairs) == 2
    for public_url, redirect_uri in pairs:
        assert Settings(public_url=public_url).redirect_uri == redirect_uri
    assert pairs[1][0] == Settings.model_fields["public_url"].default
