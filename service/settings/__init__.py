"""Every setting: meaning, unit, default. Read once at start from the environment; nothing changes it later.

Each name is an environment variable with the prefix ``POSTAUSGANG_``; secrets can also be files of the
same name, in lower case, in ``credentials_dir``. Start reading at ``places``.
"""

import ipaddress
import os
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import SettingsConfigDict

from service.errors import ConfigurationError
from service.settings.limits import Limits
from service.settings.mail_servers import MailServers
from service.settings.people import People
from service.settings.places import Places
from service.settings.words import PREFIX, is_loopback

__all__ = ["Settings", "is_loopback", "load"]

IPV6 = 6
_OF_COMPOSE = f"{PREFIX}UID"  # stands beside ours in the file that compose.yaml reads


class Settings(Limits, MailServers, People, Places):
    """The operator's settings, checked. ``load`` reads them."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: str = Field(default="text", description="text for people, json for machines.")

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("log_format")
    @classmethod
    def _format(cls, value: str) -> str:
        if value not in {"text", "json"}:
            raise ValueError("must be text or json")
        return value

    @property
    def own_mail_name(self) -> str:
        """What EHLO says: ``ehlo_name``, or the host of ``public_url`` (RFC 5321 §4.1.1.1)."""
        host = self.ehlo_name or urlsplit(self.public_url).hostname or "localhost"
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return host
        return f"[IPv6:{address}]" if address.version == IPV6 else f"[{address}]"


def load(**overrides: object) -> Settings:
    """The settings of this process.

    Raises:
        ConfigurationError: naming every bad or unknown variable at once, never its value.
    """
    problems = [f"{name}: there is no such setting" for name in _unknown()]
    folder = overrides.get("credentials_dir") or os.environ.get(f"{PREFIX}CREDENTIALS_DIR", "credentials")
    secrets_dir = folder if Path(str(folder)).is_dir() else None
    try:
        loaded = Settings(_secrets_dir=secrets_dir, **overrides)  # type: ignore[arg-type]  # checked by pydantic
    except ValidationError as error:
        problems += [_sentence(fault["loc"], fault["msg"]) for fault in error.errors()]
    if problems:
        raise ConfigurationError(*problems)
    return loaded


def _unknown() -> list[str]:
    """Variables that are meant for us and that nothing reads: a slip would leave the default in force."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {_OF_COMPOSE}
    return sorted(
        name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known
    )


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    if not location:
        return text
    name = str(location[0]).upper()
    return f"{name if name.startswith(PREFIX) or name == 'DATABASE_URL' else PREFIX + name}: {text}"
