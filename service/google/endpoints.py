"""Where Google is, and the operator's OAuth client as Google's console gives it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import SecretStr

from service.errors import ConfigurationError
from service.settings import Settings, is_loopback


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """The operator's OAuth client of the kind *Web application* (RFC 6749 §2.3.1).

    Attributes:
        redirect_uri: our callback, as it is registered at Google to the letter.
    """

    client_id: str
    client_secret: SecretStr
    auth_uri: str
    token_uri: str
    redirect_uri: str

    @property
    def auth_origin(self) -> str:
        """Scheme, host and port of the authorization page, where our forms lead."""
        parts = urlsplit(self.auth_uri)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses that the code calls; the sandbox differs from Google in nothing else.

    Source: https://developers.google.com/identity/protocols/oauth2/web-server (2026-11).
    """

    auth_uri: str
    token_uri: str
    revoke_url: str
    certs_url: str
    gmail_url: str

    @classmethod
    def of(cls, client: OAuthClient, settings: Settings) -> Self:
        """From the client file and the settings.

        Raises:
            ConfigurationError: an address that is not https; http is only for this machine itself.
        """
        for name, url in (
            ("POSTAUSGANG_GOOGLE_REVOKE_URL", settings.google_revoke_url),
            ("POSTAUSGANG_GOOGLE_CERTS_URL", settings.google_certs_url),
        ):
            if not is_safe(url):
                raise ConfigurationError(f"{name}: must be an https address")
        return cls(
            client.auth_uri,
            client.token_uri,
            settings.google_revoke_url,
            settings.google_certs_url,
            settings.gmail_url,
        )


def read_client(path: Path, redirect_uri: str) -> OAuthClient:
    """Read the file that Google's console lets the operator download.

    Raises:
        ConfigurationError: with one clear line for each fault, never with a value of the file.
    """
    web = _web_part(path)
    fields = {name: web.get(name) for name in ("client_id", "client_secret", "auth_uri", "token_uri")}
    problems = [
        f"{path}: {name} is missing"
        for name, value in fields.items()
        if not (isinstance(value, str) and value)
    ]
    problems += [
        f"{path}: {name} must be an https address"
        for name in ("auth_uri", "token_uri")
        if isinstance(fields[name], str) and not is_safe(str(fields[name]))
    ]
    registered = web.get("redirect_uris")
    if registered is not None and (not isinstance(registered, list) or redirect_uri not in registered):
        problems.append(
            f"{path}: register exactly {redirect_uri} as an authorized redirect URI of the client in the "
            "Google Cloud console, then download the file again"
        )
    if problems:
        raise ConfigurationError(*problems)
    return OAuthClient(
        client_id=str(fields["client_id"]),
        client_secret=SecretStr(str(fields["client_secret"])),
        auth_uri=str(fields["auth_uri"]),
        token_uri=str(fields["token_uri"]),
        redirect_uri=redirect_uri,
    )


def is_safe(url: str) -> bool:
    """Whether a secret may be sent there: https, or this machine itself."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def _web_part(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: no such file; create an OAuth client of the type Web application in the Google Cloud "
            "console and save its JSON file there"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise ConfigurationError(f"{path}: is not the JSON file of Google's console") from None
    kinds = document if isinstance(document, dict) else {}
    if "installed" in kinds:
        raise ConfigurationError(
            f"{path}: is a client of the type Desktop app; create one of the type Web application"
        )
    if kinds.get("type") == "service_account":
        raise ConfigurationError(f"{path}: is a service account key; an OAuth client is needed here")
    web = kinds.get("web")
    if not isinstance(web, dict):
        raise ConfigurationError(f"{path}: has no part named web; download it again from Google's console")
    return web
