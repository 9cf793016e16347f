"""IAM's signing for workloads without a key file, as google-auth uses it."""

# google-auth is typed in part.
# mypy: allow-untyped-calls

import base64
import json
from collections.abc import Iterator
from typing import Any

import google.auth.transport.requests
import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from google.auth import iam, impersonated_credentials
from google.auth.exceptions import RefreshError
from google.oauth2 import credentials, service_account

from service.sandbox.cloud_fault_table import CLOUD_FAULTS, IAM
from service.sandbox.fault import Fault
from service.sandbox.server import Sandbox
from tests.sandbox.conftest import AUTH

JONAS = "jonas.weber@beispiel.example"
SEND = f"{AUTH}gmail.send"
FAULTS = [pytest.param(row, id=row.name) for row in CLOUD_FAULTS if row.places == IAM]
GOOGLE = ("https://oauth2.googleapis.com", "https://iamcredentials.googleapis.com")


class Workload:
    """A workload whose identity may sign as a service account, and a way for google-auth to the sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.file = sandbox.service_account()
        self.email = self.file["client_email"]
        self.token = sandbox.google.workload(self.email)
        self.source = credentials.Credentials(token=self.token)
        self._request = google.auth.transport.requests.Request()
        sandbox.google.delegations.allow("beispiel.example", self.file["client_id"], [SEND])

    def request(self, url: str, **kwargs: Any) -> Any:
        """google-auth's endpoints cannot be set, so they are replaced on the way (google.md §11)."""
        for origin in GOOGLE:
            url = url.replace(origin, self.sandbox.url)
        return self._request(url, **kwargs)

    def call(self, verb: str, body: Any, *, email: str = "", token: str | None = None) -> requests.Response:
        """Call the API by hand."""
        return requests.post(
            f"{self.sandbox.url}/v1/projects/-/serviceAccounts/{email or self.email}:{verb}",
            json=body,
            headers={"Authorization": f"Bearer {self.token if token is None else token}"},
            timeout=30,
        )

    def impersonate(self) -> impersonated_credentials.Credentials:
        """Credentials that act as a user by ``signJwt``."""
        return impersonated_credentials.Credentials(
            self.source, target_principal=self.email, target_scopes=[SEND], subject=JONAS
        )

    def holder(self, acting: Any) -> tuple[str, frozenset[str]]:
        """Whose token these credentials got, and what it may do."""
        access = self.sandbox.google.tokens.find_access(acting.token)
        assert access is not None
        return access.address, access.scopes


@pytest.fixture
def workload() -> Iterator[Workload]:
    """On a sandbox with the machine's own clock, which google-auth uses too."""
    with Sandbox() as sandbox:
        yield Workload(sandbox)


def test_impersonated_credentials_act_as_a_user(workload: Workload) -> None:
    """``signJwt`` with Google's own key, then the JWT-bearer grant."""
    acting = workload.impersonate()

    acting.refresh(workload.request)

    assert workload.holder(acting) == (JONAS, frozenset({SEND}))
    assert workload.sandbox.google.counters["signJwt"] == 1


def test_the_iam_signer_acts_as_a_user(workload: Workload) -> None:
    """``signBlob``; its JWT names no key."""
    signer = iam.Signer(workload.request, workload.source, workload.email)
    acting = service_account.Credentials(
        signer, workload.email, f"{workload.sandbox.url}/token", scopes=[SEND], subject=JONAS
    )

    acting.refresh(workload.request)

    assert workload.holder(acting) == (JONAS, frozenset({SEND}))


def test_without_a_user_it_is_a_token_of_the_service_account(workload: Workload) -> None:
    """``generateAccessToken`` gives it, and it opens no mailbox."""
    acting = impersonated_credentials.Credentials(
        workload.source, target_principal=workload.email, target_scopes=[SEND], lifetime=600
    )

    acting.refresh(workload.request)

    assert workload.holder(acting) == (workload.email, frozenset({SEND}))


def test_signatures_are_those_of_the_system_key(workload: Workload) -> None:
    """Of a JWT and of a blob, under the key's name."""
    account = workload.sandbox.google.service_accounts.find(workload.email)
    assert account is not None
    public = account.system_key.private.public_key()

    signed_jwt = workload.call("signJwt", {"payload": json.dumps({"sub": "x"})}).json()
    signed_blob = workload.call("signBlob", {"payload": base64.b64encode(b"x").decode()}).json()

    assert {signed_jwt["keyId"], signed_blob["keyId"]} == {account.system_key.key_id}
    content, _, signature = signed_jwt["signedJwt"].rpartition(".")
    for octets, signed in (
        (base64.urlsafe_b64decode(signature + "=="), content.encode()),
        (base64.b64decode(signed_blob["signedBlob"]), b"x"),
    ):
        public.verify(octets, signed, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("verb", ["signJwt", "signBlob", "generateAccessToken"])
def test_who_has_no_role_may_not_sign(workload: Workload, verb: str) -> None:
    """403 for another workload, for a disabled account and for a user's token; 401 without any."""
    google = workload.sandbox.google
    other = google.workload(workload.sandbox.service_account()["client_email"], principal="other@x.example")
    user = google.tokens.issue_access(JONAS, "client", frozenset({SEND}))

    denied = workload.call(verb, {}, token=other)
    assert (denied.status_code, denied.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert denied.json()["error"]["details"][0]["reason"] == "IAM_PERMISSION_DENIED"
    assert workload.call(verb, {}, token=user).status_code == 403
    assert workload.call(verb, {}, token="").status_code == 401
    account = google.service_accounts.find(workload.email)
    assert account is not None
    account.state = "disabled"
    assert workload.call(verb, {}).status_code == 403


def test_who_is_not_there_is_not_found(workload: Workload) -> None:
    """404 for an unknown account and for an unknown verb."""
    assert workload.call("signJwt", {}, email="nobody@x.iam.gserviceaccount.com").status_code == 404
    assert workload.call("signEverything", {}).status_code == 404


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("signJwt", {}),
        ("signJwt", {"payload": "x"}),
        ("signJwt", {"payload": "[]"}),
        ("signJwt", {"payload": 7}),
        ("signJwt", []),
        ("signBlob", {"payload": "not base64"}),
        ("generateAccessToken", {}),
        ("generateAccessToken", {"scope": [SEND], "lifetime": "7200s"}),
        ("generateAccessToken", {"scope": [SEND], "lifetime": "long"}),
        ("generateAccessToken", {"scope": 7}),
    ],
)
def test_what_cannot_be_read_is_an_invalid_argument(workload: Workload, verb: str, body: Any) -> None:
    """400, whatever it is that was sent."""
    assert workload.call(verb, body).json()["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("fault", FAULTS)
def test_every_row_can_be_armed(workload: Workload, fault: Fault) -> None:
    """google-auth gives up, without asking for a token; then all is well."""
    workload.sandbox.google.arm(fault.name, account=workload.email)

    with pytest.raises(RefreshError):
        workload.impersonate().refresh(workload.request)

    assert workload.sandbox.google.counters[f"fault:{fault.name}"] == 1
    workload.impersonate().refresh(workload.request)


def test_connections_break_here_too(workload: Workload) -> None:
    """The wire faults of the token endpoint, at IAM."""
    workload.sandbox.google.arm("token_reset", where="signJwt")

    with pytest.raises(requests.ConnectionError):
        workload.call("signJwt", {"payload": "{}"})
