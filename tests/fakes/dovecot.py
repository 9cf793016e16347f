"""A private Dovecot: knows passwords and access tokens, for its own submission server and for Postfix."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.smtp.session import Server
from tests.fakes.daemons import open_folder, program, running
from tests.harness import free_port

USER = "rechnung@muster.example"
PASSWORD = "abcdefghijklmnop"
_KEY = b"the key that signs the tokens of these tests"
_SETTINGS = """
protocols = submission
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
listen = 127.0.0.1
hostname = localhost
ssl = required
ssl_cert = <{certificates}/certificate.pem
ssl_key = <{certificates}/key.pem
auth_mechanisms = plain xoauth2
auth_failure_delay = 0
first_valid_uid = 1
mail_location = maildir:{folder}/mail
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
passdb {{
  driver = passwd-file
  mechanisms = plain
  args = {folder}/passwords
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2
}}
userdb {{
  driver = static
  args = uid=dovecot gid=dovecot home={folder}/mail
}}
service auth {{
  unix_listener {folder}/auth {{
    mode = 0666
  }}
}}
service anvil {{
  # Else every wrong password makes the next login wait.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service submission-login {{
  inet_listener submission {{
    port = {starttls}
  }}
  inet_listener submissions {{
    port = {implicit}
    ssl = yes
  }}
}}
"""
_TOKENS = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={folder}/keys/
username_attribute = email
"""


class Dovecot:
    """One running Dovecot.

    Attributes:
        auth: the socket where Postfix asks who may sign in.
        implicit, starttls: its submission server, with TLS from the first byte and behind STARTTLS.
    """

    def __init__(self, auth: Path) -> None:
        self.auth = auth
        self.implicit = Server("localhost", free_port())
        self.starttls = Server("localhost", free_port(), starttls=True)


@contextmanager
def dovecot(*, certificates: Path, relay: Server) -> Iterator[Dovecot]:
    """Run one that gives mail on to ``relay``, in clear text.

    Raises:
        NoServerError: there is none on this machine, or it does not start.
    """
    program("/usr/lib/dovecot/submission-login")
    start = program("/usr/sbin/dovecot")
    with open_folder("dovecot") as folder:
        server = Dovecot(folder / "auth")
        settings = _SETTINGS.format(
            folder=folder,
            certificates=certificates,
            relay=relay.port,
            starttls=server.starttls.port,
            implicit=server.implicit.port,
        )
        (folder / "settings").write_text(settings)
        (folder / "passwords").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        (folder / "oauth2").write_text(_TOKENS.format(folder=folder))
        keys = folder / "keys/default/HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_bytes(base64.b64encode(_KEY))
        command = (start, "-F", "-c", f"{folder}/settings")
        ports = (server.starttls.port, server.implicit.port)
        with running(command, ports=ports, log=folder / "log"):
            yield server


def token(user: str = USER, *, expires_in_s: int = 3600, key: bytes = _KEY) -> str:
    """An access token for ``user``, signed by HMAC (RFC 7519, RFC 7518 §3.2)."""
    now = int(time.time())
    claims = {"email": user, "sub": user, "iat": now - 7200, "nbf": now - 7200, "exp": now + expires_in_s}
    signed = b".".join(
        _encoded(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "HS256"}, claims)
    )
    signature = hmac.new(key, signed, hashlib.sha256).digest()
    return b".".join((signed, _encoded(signature))).decode()


def _encoded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
