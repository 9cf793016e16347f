"""The key file of a service account, as Google's console gives it: read strictly, as a tenant sends it.

Only a private key for the configured token endpoint is taken. Other files that google-auth knows, such as
``external_account``, name addresses that would be called from here, and are refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from service.connections.delegation import ServiceKey
from service.errors import InvalidRequestError, Problem

CODE = "key-file-invalid"
MIN_BITS = 2048
MAX_BITS = 4096
_MAX_PEM = 4096  # characters of a key of so many bits; to check a larger one would cost seconds
_UNIVERSE = "googleapis.com"
# Google's token endpoint has had several addresses; a file of one year goes with a client of another.
_GOOGLE_TOKEN_URIS = frozenset(
    {
        "https://oauth2.googleapis.com/token",
        "https://accounts.google.com/o/oauth2/token",
        "https://www.googleapis.com/oauth2/v4/token",
    }
)
_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9.\-]{0,62}@[a-z0-9][a-z0-9.\-]{0,150}\.gserviceaccount\.com\Z")
_CLIENT_ID = re.compile(r"[0-9]{5,30}\Z")
_KEY_ID = re.compile(r"[0-9A-Za-z]{1,100}\Z")


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """What is kept of the file.

    Attributes:
        client_id: the account's numeric id.
        key: ``None`` where there is no file (key-less).
    """

    address: str
    client_id: str
    key: ServiceKey | None


def read_key_file(document: Mapping[str, object], token_uri: str) -> ServiceAccount:
    """Check every field that counts; the others are not looked at.

    Args:
        document: the file's JSON object.
        token_uri: the configured token endpoint.

    Raises:
        InvalidRequestError: code ``key-file-invalid``, with all faults and no value of the file.
    """
    if document.get("type") != "service_account":
        sentence = "Only a service account's key file is taken: its type is service_account."
        raise InvalidRequestError(_problem("/key/type", sentence))
    fields = {name: document.get(name) for name in ("client_email", "client_id", "private_key_id")}
    text = {name: value for name, value in fields.items() if isinstance(value, str)}
    pem = document.get("private_key")
    faults = [
        *_account_faults(
            text.get("client_email", ""), text.get("client_id", ""), "/key/client_email", "/key"
        ),
        *_endpoint_faults(document, token_uri),
        *_key_faults(text.get("private_key_id", ""), pem),
    ]
    if faults or not isinstance(pem, str):
        raise InvalidRequestError(*faults)
    key = ServiceKey(text["private_key_id"], SecretStr(pem))
    return ServiceAccount(text["client_email"].lower(), text["client_id"], key)


def check_account(account: str, client_id: str) -> None:
    """What names a service account of which there is no file.

    Raises:
        InvalidRequestError: one of them cannot be right.
    """
    faults = _account_faults(account, client_id, "/account", "")
    if faults:
        raise InvalidRequestError(*faults)


def _account_faults(account: str, client_id: str, account_pointer: str, prefix: str) -> list[Problem]:
    faults = []
    if not _ACCOUNT.match(account.lower()):
        faults.append(_problem(account_pointer, "This is not the address of a service account."))
    if not _CLIENT_ID.match(client_id):
        sentence = "The client ID is the service account's numeric unique ID."
        faults.append(_problem(f"{prefix}/client_id", sentence))
    return faults


def _endpoint_faults(document: Mapping[str, object], token_uri: str) -> list[Problem]:
    faults = []
    known = _GOOGLE_TOKEN_URIS if token_uri in _GOOGLE_TOKEN_URIS else {token_uri}
    token_uri_given = document.get("token_uri")
    if not isinstance(token_uri_given, str) or token_uri_given not in known:
        faults.append(
            _problem("/key/token_uri", "The file is for another token endpoint than this service's.")
        )
    if document.get("universe_domain", _UNIVERSE) != _UNIVERSE:
        faults.append(_problem("/key/universe_domain", "Delegation works at googleapis.com only."))
    return faults


def _key_faults(key_id: str, pem: object) -> list[Problem]:
    faults = []
    if not _KEY_ID.match(key_id):
        faults.append(_problem("/key/private_key_id", "The key's id is missing."))
    if not isinstance(pem, str) or not _is_strong(pem):
        sentence = f"The private key must be an RSA key of {MIN_BITS} to {MAX_BITS} bits in PEM."
        faults.append(_problem("/key/private_key", sentence))
    return faults


def _is_strong(pem: str) -> bool:
    if len(pem) > _MAX_PEM:
        return False
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # not PEM, with a password, or of another kind
        return False
    return isinstance(key, RSAPrivateKey) and MIN_BITS <= key.key_size <= MAX_BITS


def _problem(pointer: str, sentence: str) -> Problem:
    return Problem(pointer, CODE, sentence)
