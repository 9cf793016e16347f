"""What Google's authorization page can answer, row by row."""

import pytest
from structlog.testing import capture_logs

from service.catalogue import CATALOGUE
from service.google.consent_replies import consent_code


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("access_denied", "oauth-denied"),
        ("admin_policy_enforced", "app-blocked-by-admin"),
        ("policy_enforced", "advanced-protection"),
        ("org_internal", "account-not-allowed"),
        ("disallowed_useragent", "embedded-browser"),
        ("redirect_uri_mismatch", "oauth-setup-wrong"),
        ("invalid_request", "oauth-setup-wrong"),
        ("invalid_client", "oauth-client-invalid"),
        ("deleted_client", "oauth-client-invalid"),
        ("unauthorized_client", "oauth-client-invalid"),
        ("disabled_client", "oauth-client-invalid"),
        ("invalid_scope", "oauth-setup-wrong"),
        ("server_error", "google-unavailable"),
        ("temporarily_unavailable", "google-unavailable"),
    ],
)
def test_each_refusal_of_the_consent_page_has_its_code(reason: str, code: str) -> None:
    """Person, admin or operator: each is told what to do."""
    assert consent_code(reason) == code
    assert code in CATALOGUE


def test_an_unknown_refusal_has_general_words_and_is_logged() -> None:
    """A reason of tomorrow ends nothing and hides nothing."""
    with capture_logs() as logs:
        code = consent_code("made_up")

    assert code == "oauth-refused"
    assert [(line["event"], line["reply"]) for line in logs] == [("unknown reply", "made_up")]
