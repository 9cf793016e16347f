"""Google's OAuth endpoints that programs call: tokens, revocation, keys, userinfo, discovery."""

import base64
import binascii
from urllib.parse import unquote

from flask import Blueprint, Response, jsonify, request

from service.sandbox import scopes as known
from service.sandbox.accounts import Account, Client
from service.sandbox.delegation import GRANT_TYPE, AssertionRefusedError, read_assertion
from service.sandbox.fault_table import FAULTS
from service.sandbox.google import Google
from service.sandbox.play import answered, oauth_error
from service.sandbox.signing import ISSUER, at_hash, signing_key
from service.sandbox.tokens import Access, GrantError


def create_oauth(google: Google) -> Blueprint:
    """The endpoints over one state."""
    blueprint = Blueprint("oauth", __name__)
    desk = _TokenDesk(google)
    blueprint.add_url_rule("/token", view_func=desk.token, methods=["POST"])
    blueprint.add_url_rule("/revoke", view_func=desk.revoke, methods=["POST"])
    keys = _Keys(google)
    blueprint.add_url_rule("/oauth2/v1/certs", view_func=keys.certificates)
    blueprint.add_url_rule("/oauth2/v3/certs", view_func=keys.jwks)
    blueprint.add_url_rule("/.well-known/openid-configuration", view_func=keys.discovery)
    blueprint.add_url_rule("/v1/userinfo", view_func=desk.userinfo)
    return blueprint


class _TokenDesk:
    def __init__(self, google: Google) -> None:
        self._google = google

    def token(self) -> Response:
        """RFC 6749 §3.2."""
        grant_type = request.form.get("grant_type", "")
        self._google.counters.add(f"token:{grant_type}")
        place = "token:jwt-bearer" if grant_type == GRANT_TYPE else f"token:{grant_type}"
        return answered(self._google, place, self._account(grant_type), lambda: self._token(grant_type))

    def revoke(self) -> Response:
        """RFC 7009, with Google's effect: the whole grant ends, for every client of the project."""
        self._google.counters.add("revoke")
        token = request.values.get("token", "")
        access = self._google.tokens.find_refresh(token) or self._google.tokens.find_access(token)
        return answered(self._google, "revoke", access.address if access else "", lambda: self._revoke(token))

    def userinfo(self) -> Response:
        """OpenID Connect Core §5.3."""
        self._google.counters.add("userinfo")
        text = request.headers.get("Authorization", "").removeprefix("Bearer ")
        access = self._google.tokens.find_access(text)
        return answered(
            self._google, "userinfo", access.address if access else "", lambda: self._userinfo(access)
        )

    def _token(self, grant_type: str) -> Response:
        if grant_type == GRANT_TYPE:
            return self._delegate()
        client = self._client()
        if isinstance(client, Response):
            return client
        if grant_type == "authorization_code":
            return self._exchange(client)
        if grant_type == "refresh_token":
            return self._refresh(client)
        return oauth_error(400, "unsupported_grant_type", f"Invalid grant_type: {grant_type}")

    def _revoke(self, token: str) -> Response:
        if self._google.tokens.revoke(token) is None:
            return oauth_error(400, "invalid_token", "Token expired or revoked")
        return jsonify({})

    def _userinfo(self, access: Access | None) -> Response:
        account = self._google.directory.find_account(access.address) if access else None
        if access is None or account is None or known.OPENID not in access.scopes:
            return oauth_error(401, "invalid_request", "Invalid Credentials")
        return jsonify(_identity(account, access.scopes))

    def _delegate(self) -> Response:
        """A service account acts as a user, or as itself."""
        audience = f"{request.host_url}token"
        try:
            grant = self._google.delegation.admit(request.form.get("assertion", ""), audience)
        except AssertionRefusedError as error:
            fault = FAULTS[f"dwd_{error.args[0]}"][0]
            return oauth_error(fault.status, fault.reason, fault.message)
        return self._answer(Access(grant.address, grant.client_id, grant.scopes, None), None, {})

    def _account(self, grant_type: str) -> str:
        """Whose request it is, so that faults can be told apart before anything is checked."""
        if grant_type == GRANT_TYPE:
            return _subject(request.form.get("assertion", ""))
        if grant_type == "refresh_token":
            access = self._google.tokens.find_refresh(request.form.get("refresh_token", ""))
            return access.address if access else ""
        code = self._google.tokens.look_at_code(request.form.get("code", ""))
        return code.consent.address if code else ""

    def _client(self) -> Client | Response:
        """The client that asks, authenticated by HTTP Basic or by form fields (RFC 6749 §2.3.1)."""
        client_id, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
        authorization = request.headers.get("Authorization", "")
        if authorization.startswith("Basic "):
            client_id, secret = _basic(authorization.removeprefix("Basic "))
        if not client_id:
            return oauth_error(400, "invalid_request", "Could not determine client ID from request.")
        client = self._google.directory.find_client(client_id)
        if client is None:
            return oauth_error(401, "invalid_client", "The OAuth client was not found.")
        if client.state != "active":
            return oauth_error(401, f"{client.state}_client", f"The OAuth client was {client.state}.")
        if secret != client.client_secret:
            return oauth_error(401, "invalid_client", "Unauthorized")
        return client

    def _exchange(self, client: Client) -> Response:
        tokens = self._google.tokens
        try:
            code = tokens.take_code(
                request.form.get("code", ""),
                client_id=client.client_id,
                redirect_uri=request.form.get("redirect_uri", ""),
                verifier=request.form.get("code_verifier"),
            )
        except GrantError as error:
            return oauth_error(400, "invalid_grant", str(error))
        consent = code.consent
        access = Access(consent.address, consent.client_id, consent.scopes, None)
        extra: dict[str, object] = {}
        if consent.is_offline and code.is_first:
            extra["refresh_token"] = tokens.issue_refresh(access.address, access.client_id, access.scopes)
        return self._answer(access, consent.nonce, extra)

    def _refresh(self, client: Client) -> Response:
        access = self._google.tokens.find_refresh(request.form.get("refresh_token", ""))
        if access is None:
            return oauth_error(400, "invalid_grant", "Token has been expired or revoked.")
        if access.client_id != client.client_id:
            return oauth_error(401, "unauthorized_client", "Unauthorized")
        asked = known.full(request.form.get("scope", ""))
        if asked - access.scopes:
            return oauth_error(400, "invalid_scope", f"Bad Request: {known.joined(asked - access.scopes)}")
        narrowed = Access(access.address, access.client_id, asked or access.scopes, None)
        return self._answer(narrowed, None, {})

    def _answer(self, access: Access, nonce: str | None, extra: dict[str, object]) -> Response:
        token = self._google.tokens.issue_access(access.address, access.client_id, access.scopes)
        answer: dict[str, object] = {
            "access_token": token,
            "expires_in": self._google.tokens.lifetime_s,
            "scope": known.joined(access.scopes),
            "token_type": "Bearer",
            **extra,
        }
        account = self._google.directory.find_account(access.address)
        if account is not None and known.OPENID in access.scopes:
            answer["id_token"] = self._id_token(account, access, nonce, token)
        response = jsonify(answer)
        response.headers["Cache-Control"] = "no-cache, no-store, max-age=0, must-revalidate"
        return response

    def _id_token(self, account: Account, access: Access, nonce: str | None, token: str) -> str:
        now = int(self._google.clock.now().timestamp())
        claims: dict[str, object] = {
            "iss": ISSUER,
            "azp": access.client_id,
            "aud": access.client_id,
            **_identity(account, access.scopes),
            "at_hash": at_hash(token),
            "iat": now,
            "exp": now + 3600,
        }
        if nonce:
            claims["nonce"] = nonce
        return signing_key().sign(claims)


class _Keys:
    def __init__(self, google: Google) -> None:
        self._google = google

    def certificates(self) -> Response:
        """As google-auth reads them: key id to PEM."""
        key = signing_key()
        return self._given({key.key_id: key.certificate()})

    def jwks(self) -> Response:
        """RFC 7517 §5."""
        return self._given({"keys": [signing_key().jwk()]})

    def discovery(self) -> Response:
        """OpenID Connect Discovery §4."""
        url = request.host_url.rstrip("/")
        return jsonify(
            issuer=ISSUER,
            authorization_endpoint=f"{url}/o/oauth2/v2/auth",
            token_endpoint=f"{url}/token",
            userinfo_endpoint=f"{url}/v1/userinfo",
            revocation_endpoint=f"{url}/revoke",
            jwks_uri=f"{url}/oauth2/v3/certs",
            response_types_supported=["code"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256"],
            scopes_supported=["openid", "email", "profile"],
            token_endpoint_auth_methods_supported=["client_secret_post", "client_secret_basic"],
            code_challenge_methods_supported=["plain", "S256"],
            grant_types_supported=["authorization_code", "refresh_token", GRANT_TYPE],
        )

    def _given(self, keys: dict[str, object]) -> Response:
        self._google.counters.add("certs")
        answer = jsonify(keys)
        answer.headers["Cache-Control"] = "public, max-age=21600, must-revalidate, no-transform"
        return answered(self._google, "certs", "", lambda: answer)


def _identity(account: Account, scopes: frozenset[str]) -> dict[str, object]:
    """The claims about a person that the scopes allow."""
    claims: dict[str, object] = {"sub": account.subject_id}
    if account.hosted_domain:
        claims["hd"] = account.hosted_domain
    if known.EMAIL in scopes:
        claims |= {"email": account.address, "email_verified": True}
    if known.PROFILE in scopes:
        claims["name"] = account.name
    return claims


def _subject(assertion: str) -> str:
    """The user that an assertion names, not yet believed."""
    try:
        return read_assertion(assertion).claim("sub")
    except AssertionRefusedError:
        return ""


def _basic(text: str) -> tuple[str, str]:
    try:
        user, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote(user), unquote(password)
