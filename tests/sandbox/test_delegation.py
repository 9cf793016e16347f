"""Domain-wide delegation: the JWT-bearer grant, as google-auth asks for it and as nobody should."""

# google-auth is typed in part.
# mypy: allow-untyped-calls

import base64
import json
from typing import Any

import google.auth.transport.requests
import pytest
import requests
from google.auth.exceptions import RefreshError
from google.oauth2 import service_account

from service.sandbox.cloud_fault_table import CLOUD_FAULTS, DELEGATION
from service.sandbox.delegation import AUDIENCE, GRANT_TYPE
from service.sandbox.fault import Fault
from service.sandbox.server import Sandbox
from service.sandbox.signing import SigningKey
from tests.fakes.clock import FakeClock
from tests.sandbox.conftest import AUTH, Program, mail
from tests.sandbox.smtp_client import secure_talk, xoauth2

JONAS = "jonas.weber@beispiel.example"
DOMAIN = "beispiel.example"
SEND = f"{AUTH}gmail.send"
READ = f"{AUTH}gmail.readonly"
MAIL = "https://mail.google.com/"
GRANT_FAULTS = [pytest.param(row, id=row.name) for row in CLOUD_FAULTS if row.places == DELEGATION]


class Robot:
    """A service account, and whoever has its key file."""

    def __init__(self, sandbox: Sandbox, clock: FakeClock) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.file = sandbox.service_account()

    @property
    def key(self) -> SigningKey:
        """The key of the file; also after Google deleted it."""
        found = self.sandbox.google.service_accounts.find(self.file["client_email"])
        assert found is not None
        return found.keys[self.file["private_key_id"]]

    def allow(self, *scopes: str, client_id: str | None = None) -> None:
        """What the admin enters."""
        self.sandbox.google.delegations.allow(DOMAIN, client_id or self.file["client_id"], list(scopes))

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Of a good assertion; ``None`` leaves one out."""
        now = int(self.clock.now().timestamp())
        usual = {"iss": self.file["client_email"], "sub": JONAS, "scope": SEND, "aud": AUDIENCE}
        claims = usual | {"iat": now, "exp": now + 3600} | changes
        return {name: value for name, value in claims.items() if value is not None}

    def ask(self, assertion: str | None = None, **changes: Any) -> requests.Response:
        """Ask for a token."""
        form = {"grant_type": GRANT_TYPE, "assertion": assertion or self.key.sign(self.claims(**changes))}
        return requests.post(self.file["token_uri"], data=form, timeout=30)

    def refusal(self, **changes: Any) -> tuple[int, str, str]:
        """Status, error and description."""
        answer = self.ask(**changes)
        return answer.status_code, answer.json()["error"], answer.json()["error_description"]


@pytest.fixture
def robot(sandbox: Sandbox, clock: FakeClock) -> Robot:
    """A service account with a key file, not delegated anything."""
    return Robot(sandbox, clock)


def test_the_key_file_is_that_of_googles_console(robot: Robot, sandbox: Sandbox) -> None:
    """All its fields, the private key in PKCS 8, the client ID a number."""
    assert set(robot.file) == {
        "type", "project_id", "private_key_id", "private_key", "client_email", "client_id", "auth_uri",
        "token_uri", "auth_provider_x509_cert_url", "client_x509_cert_url", "universe_domain",
    }  # fmt: skip
    assert robot.file["type"] == "service_account"
    assert robot.file["private_key"].startswith("-----BEGIN PRIVATE KEY-----\n")
    assert robot.file["client_email"].endswith(".iam.gserviceaccount.com")
    assert robot.file["client_id"].isdecimal()
    assert len(robot.file["client_id"]) == 21
    assert robot.file["token_uri"] == f"{sandbox.url}/token"
    assert sandbox.service_account()["client_id"] != robot.file["client_id"]


def test_google_auth_acts_as_a_user() -> None:
    """With its own ``aud`` and the machine's own clock, first refused, then allowed, then revoked."""
    with Sandbox() as sandbox:
        file = sandbox.service_account()
        request = google.auth.transport.requests.Request()
        credentials = service_account.Credentials.from_service_account_info(
            file, scopes=[SEND], subject=JONAS
        )
        with pytest.raises(RefreshError, match="unauthorized_client"):
            credentials.refresh(request)
        sandbox.google.delegations.allow(DOMAIN.upper(), file["client_id"], [SEND, READ])

        credentials.refresh(request)

        header = {"Authorization": f"Bearer {credentials.token}", "Content-Type": "message/rfc822"}
        address = f"{sandbox.url}/upload/gmail/v1/users/me/messages/send"
        content = mail(sender=JONAS)
        sent = requests.post(address, content, params={"uploadType": "media"}, headers=header, timeout=30)
        assert sent.ok
        assert sandbox.google.sent()[0]["account"] == JONAS
        sandbox.google.delegations.revoke(DOMAIN, file["client_id"])
        with pytest.raises(RefreshError, match="unauthorized_client"):
            credentials.refresh(request)


def test_the_answer_is_that_of_a_token_endpoint(robot: Robot) -> None:
    """No refresh token, no ID token, the scopes that were asked for."""
    robot.allow(SEND, READ)

    answer = robot.ask(aud=robot.file["token_uri"]).json()

    assert set(answer) == {"access_token", "expires_in", "scope", "token_type"}
    assert answer["scope"] == SEND


def test_a_delegated_token_with_the_mail_scope_opens_smtp(robot: Robot, sandbox: Sandbox) -> None:
    """As that user, and as no other."""
    robot.allow(MAIL)
    access = robot.ask(scope=MAIL).json()["access_token"]

    with secure_talk(sandbox, account=None) as talk:
        assert talk.say(f"AUTH XOAUTH2 {xoauth2('rechnung@beispiel.example', access)}").startswith("334")
        assert talk.say("").startswith("535")
        assert talk.say(f"AUTH XOAUTH2 {xoauth2(JONAS, access)}").startswith("235")


def test_without_a_user_a_service_account_has_no_mailbox(robot: Robot, program: Program) -> None:
    """It gets a token of its own, and Gmail says what it always says then."""
    access = robot.ask(sub=None).json()["access_token"]

    answer = program.upload(mail(), {"Authorization": f"Bearer {access}"})

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Precondition check failed."


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({}, "unauthorized_client"),
        ({"sub": "mia.berger@gmail.com"}, "unauthorized_client"),
        ({"sub": "nobody@beispiel.example"}, "not_a_valid_email"),
        ({"sub": "nobody"}, "invalid_email"),
        ({"sub": "team@beispiel.example"}, "client_unauthorized"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "gmail.send"}, "invalid_scope"),
        ({"scope": f"{SEND},{READ}"}, "invalid_scope"),
        ({"aud": "https://accounts.google.com"}, "audience"),
        ({"iss": "nobody@nowhere.example"}, "account_not_found"),
        ({"iat": None}, "clock"),
        ({"exp": "soon"}, "clock"),
    ],
)
def test_what_is_wrong_is_told_in_googles_words(
    robot: Robot, sandbox: Sandbox, changes: dict[str, Any], row: str
) -> None:
    """google.md §7.3, each arising by itself."""
    sandbox.google.directory.add_group("team@beispiel.example")

    assert robot.refusal(**changes) == told(row)


@pytest.mark.parametrize(
    ("iat", "exp"),
    [(0, 66 * 60), (-7200, -3600), (10 * 60, 60 * 60), (-3600, 0)],
    ids=["too long", "over", "from the future", "ends now"],
)
def test_a_wrong_clock_is_told(robot: Robot, clock: FakeClock, iat: int, exp: int) -> None:
    """More than 65 minutes, expired, or issued in more than five minutes."""
    robot.allow(SEND)
    now = int(clock.now().timestamp())

    assert robot.refusal(iat=now + iat, exp=now + exp) == told("clock")
    assert robot.ask(iat=now + 240, exp=now + 240 + 65 * 60).ok


def test_the_list_is_by_numeric_id(robot: Robot) -> None:
    """An e-mail address there does nothing, and is told in the other sentence."""
    robot.allow(SEND, client_id=robot.file["client_email"])

    assert robot.refusal() == told("client_unauthorized")


def test_scopes_outside_the_list(robot: Robot) -> None:
    """None of them: the client is unauthorized. Some: access denied. Fewer than the list: fine."""
    robot.allow(READ, MAIL)

    assert robot.refusal() == told("client_unauthorized")
    assert robot.refusal(scope=f"{SEND} {READ}") == told("access_denied")
    assert robot.ask(scope=READ).ok


def test_a_deleted_key_signs_nothing(robot: Robot, sandbox: Sandbox) -> None:
    """Another key of the same account still does."""
    robot.allow(SEND)
    old, google = robot.key, sandbox.google
    account = google.service_accounts.find(robot.file["client_email"])
    assert account is not None
    new = google.service_accounts.add_key(account)
    google.service_accounts.delete_key(old.key_id)

    assert robot.ask(old.sign(robot.claims())).json()["error_description"] == "Invalid JWT Signature."
    assert robot.ask(new.sign(robot.claims())).ok


def test_a_signature_of_another_key_does_not_hold(robot: Robot, sandbox: Sandbox) -> None:
    """Under the right name as under its own."""
    robot.allow(SEND)
    other = Robot(sandbox, robot.clock)
    forged = SigningKey(robot.key.key_id, other.key.private)

    for key in (forged, other.key):
        assert robot.ask(key.sign(robot.claims())).json()["error_description"] == "Invalid JWT Signature."


@pytest.mark.parametrize("state", ["disabled", "deleted"])
def test_a_service_account_may_be_gone(robot: Robot, sandbox: Sandbox, state: str) -> None:
    """Disabled or deleted."""
    robot.allow(SEND)
    account = sandbox.google.service_accounts.find(robot.file["client_email"])
    assert account is not None
    account.state = state

    assert robot.refusal() == told(f"{state}_client")


@pytest.mark.parametrize("assertion", ["x", "a.b.c", "e30.e30.AAAA", "ImEi.ImEi.AAAA", "ä.ä.ä"])
def test_what_is_no_assertion_is_a_bad_request(robot: Robot, assertion: str) -> None:
    """Whatever it is, also one without a signature algorithm of ours."""
    answer = robot.ask(assertion)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_no_algorithm_is_no_signature(robot: Robot) -> None:
    """``alg: none`` (RFC 8725 §2.1)."""
    robot.allow(SEND)
    head, claims = ({"alg": "none"}, robot.claims())
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, claims)
    ]

    assert robot.ask(".".join([*parts, ""])).status_code == 400


@pytest.mark.parametrize("fault", GRANT_FAULTS)
def test_every_row_can_be_armed(robot: Robot, sandbox: Sandbox, fault: Fault) -> None:
    """For the user that the assertion names; then all is well."""
    robot.allow(SEND)
    sandbox.google.arm(fault.name, account=JONAS)

    answer = robot.ask()

    assert (answer.status_code, answer.json()["error"]) == (fault.status, fault.reason)
    assert answer.json()["error_description"] == fault.message
    assert robot.ask().ok


def test_the_faults_of_every_token_endpoint_can_be_armed(robot: Robot, sandbox: Sandbox) -> None:
    """HTML with a 503, a limit, a hang."""
    robot.allow(SEND)
    sandbox.google.arm("token_503_html", where="token:jwt-bearer")
    sandbox.google.arm("token_429")
    sandbox.google.arm("token_drop", where="token")

    assert [robot.ask().status_code for _ in range(2)] == [503, 429]
    with pytest.raises(requests.ConnectionError):
        robot.ask()
    assert robot.ask().ok


def told(row: str) -> tuple[int, str, str]:
    """What a row of the table says."""
    fault = next(one for one in CLOUD_FAULTS if one.name == f"dwd_{row}")
    return fault.status, fault.reason, fault.message
