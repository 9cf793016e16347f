"""A workload without any key: google-auth finds its identity by itself, in a process of its own."""

import os
import subprocess
import sys

import requests

from service.sandbox.server import Sandbox

KEYLESS = """
import sys
import google.auth, google.auth.transport.requests
from google.auth import impersonated_credentials

email, sandbox = sys.argv[1:]
plain = google.auth.transport.requests.Request()

def request(url, **kwargs):
    for host in ("https://oauth2.googleapis.com", "https://iamcredentials.googleapis.com"):
        url = url.replace(host, sandbox)
    return plain(url, **kwargs)

source, project = google.auth.default(request=plain)
acting = impersonated_credentials.Credentials(
    source, target_principal=email, target_scopes=["https://www.googleapis.com/auth/gmail.send"],
    subject="jonas.weber@beispiel.example",
)
acting.refresh(request)
print(project, acting.token)
"""


def test_google_auth_acts_as_a_user_without_any_key() -> None:
    """Metadata server, ``signJwt``, JWT-bearer grant: only environment variables are set."""
    with Sandbox() as sandbox:
        file = sandbox.service_account()
        sandbox.google.workload(file["client_email"])
        scopes = ["https://www.googleapis.com/auth/gmail.send"]
        sandbox.google.delegations.allow("beispiel.example", file["client_id"], scopes)
        host = sandbox.url.removeprefix("http://")
        variables = {"GCE_METADATA_HOST": host, "GCE_METADATA_IP": host, "HOME": os.devnull}

        printed = subprocess.run(
            [sys.executable, "-c", KEYLESS, file["client_email"], sandbox.url],
            env={"PATH": os.environ["PATH"]} | variables,
            capture_output=True,
            text=True,
            check=False,
        )

        assert printed.returncode == 0, printed.stderr
        project, token = printed.stdout.split()
        access = sandbox.google.tokens.find_access(token)
    assert project == "postausgang-sandbox"
    assert access is not None
    assert access.address == "jonas.weber@beispiel.example"


def test_without_the_header_it_says_nothing(sandbox: Sandbox) -> None:
    """403, so that no page can read a token from here."""
    path = "computeMetadata/v1/instance/service-accounts/default/token"

    assert requests.get(f"{sandbox.url}/{path}", timeout=30).status_code == 403
    assert "Metadata-Flavor" not in requests.get(sandbox.url, timeout=30).headers
