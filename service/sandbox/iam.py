"""IAM Service Account Credentials API: signing and tokens without a key file (google.md §7.5).

Source: docs.cloud.google.com/iam/docs/reference/credentials/rest (2026-11); the calls are those of
google-auth's ``impersonated_credentials`` and ``iam.Signer``.
"""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from flask import Blueprint, Response, jsonify, request

from service.sandbox import scopes as known
from service.sandbox.fault_table import FAULTS
from service.sandbox.google import Google
from service.sandbox.play import answered, gmail_error
from service.sandbox.service_accounts import ServiceAccount
from service.sandbox.tokens import Access

_LONGEST_S = 3600
Body = dict[str, Any]


def create_iam(google: Google) -> Blueprint:
    """The API over one state."""
    blueprint = Blueprint("iam", __name__)
    desk = _Desk(google)
    blueprint.add_url_rule(
        "/v1/projects/<project>/serviceAccounts/<email>:<verb>", view_func=desk.call, methods=["POST"]
    )
    return blueprint


class _Desk:
    def __init__(self, google: Google) -> None:
        self._google = google
        self._verbs: dict[str, Callable[[ServiceAccount, Body], Response]] = {
            "signJwt": self._sign_jwt,
            "signBlob": self._sign_blob,
            "generateAccessToken": self._generate_access_token,
        }

    def call(self, project: str, email: str, verb: str) -> Response:
        """``POST …/serviceAccounts/{email}:{verb}``."""
        if verb not in self._verbs:
            return _refused("iam_not_found", email)
        self._google.counters.add(verb)
        return answered(self._google, verb, email, lambda: self._admit(project, email, verb))

    def _admit(self, project: str, email: str, verb: str) -> Response:
        text = request.headers.get("Authorization", "").removeprefix("Bearer ")
        access = self._google.tokens.find_access(text)
        if access is None:
            return _refused("iam_unauthenticated", email)
        if not access.scopes & known.CLOUD:
            return _refused("iam_scope", email)
        account = self._google.service_accounts.find(email)
        if project != "-" or account is None or account.state == "deleted":
            return _refused("iam_not_found", email)
        if not self._may_sign(access, account):
            return _refused("iam_denied", email)
        body = request.get_json(silent=True)
        try:
            return self._verbs[verb](account, body if isinstance(body, dict) else {})
        except (ValueError, TypeError, binascii.Error):
            return _refused("iam_invalid", email)

    @staticmethod
    def _may_sign(access: Access, account: ServiceAccount) -> bool:
        return account.state == "active" and access.address in account.token_creators

    @staticmethod
    def _sign_jwt(account: ServiceAccount, body: Body) -> Response:
        claims = json.loads(body.get("payload", ""))
        if not isinstance(claims, dict):
            raise TypeError("the payload is no set of claims")
        return jsonify(keyId=account.system_key.key_id, signedJwt=account.system_key.sign(claims))

    @staticmethod
    def _sign_blob(account: ServiceAccount, body: Body) -> Response:
        payload = base64.b64decode(body.get("payload", ""), validate=True)
        signature = account.system_key.private.sign(payload, padding.PKCS1v15(), hashes.SHA256())
        return jsonify(keyId=account.system_key.key_id, signedBlob=base64.b64encode(signature).decode())

    def _generate_access_token(self, account: ServiceAccount, body: Body) -> Response:
        """A token of the service account itself; never of a user."""
        scopes = frozenset(body.get("scope", ()))
        lifetime_s = int(str(body.get("lifetime", "3600s")).removesuffix("s"))
        if not scopes or not 0 < lifetime_s <= _LONGEST_S:
            raise ValueError("no scopes, or a lifetime beyond an hour")
        token = self._google.tokens.issue_access(account.email, account.client_id, scopes)
        ends_at = self._google.clock.now() + timedelta(seconds=lifetime_s)
        return jsonify(accessToken=token, expireTime=ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _refused(name: str, email: str) -> Response:
    return gmail_error(FAULTS[name][0], account=email)
