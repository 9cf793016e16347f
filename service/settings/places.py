"""Where things are: our own address, the database, the operator's files, Google."""

import re
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from service.settings.words import PREFIX, is_loopback, listed, port_of, postgresql_options

_ORIGIN = re.compile(r"https?://[a-z0-9.\-:\[\]]+(/[^?#\s]*)?", re.ASCII | re.IGNORECASE)
_ACCOUNT_PAIR = re.compile(r"[a-z0-9.-]+@[a-z0-9.-]+\.gserviceaccount\.com=ten_[0-9a-z]{26}")


class Places(BaseSettings):
    """Part of ``Settings``."""

    public_url: str = Field(
        default="http://localhost:8025",
        description="Where browsers reach the service; https, but for a loopback address.",
    )
    time_zone: str = Field(
        default="Europe/Berlin",
        description="IANA name of the zone in which the pages show times and count days; the API speaks UTC.",
    )
    host: str = Field(default="127.0.0.1", description="Address that the web process listens on.")
    port: int = Field(default=8025, ge=0, le=65535, description="Port that the web process listens on.")
    web_threads: int = Field(
        default=16,
        ge=1,
        le=256,
        description="Requests that each web process answers at the same time; at most a quarter of them (or "
        "one) check mail servers, domains or delegations.",
    )
    web_processes: int = Field(
        default=2, ge=1, le=64, description="Web processes; more than there are processors gain nothing."
    )
    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///data/postausgang.sqlite3"),
        validation_alias=AliasChoices(f"{PREFIX}DATABASE_URL", "DATABASE_URL", "database_url"),
        description="sqlite:///path or postgresql://user:password@host/name.",
    )
    credentials_dir: Path = Field(
        default=Path("credentials"), description="Folder of the operator's secrets."
    )
    keyring_file: Path | None = Field(
        default=None, description="File of the operator's keys; default: keyring in credentials_dir."
    )
    google_client_file: Path | None = Field(
        default=None,
        description="Google's OAuth client as downloaded; default: google_client.json in credentials_dir.",
    )
    google_revoke_url: str = Field(
        default="https://oauth2.googleapis.com/revoke", description="Where grants are revoked."
    )
    google_certs_url: str = Field(
        default="https://www.googleapis.com/oauth2/v1/certs",
        description="Where the certificates of ID tokens are.",
    )
    gmail_url: str = Field(
        default="https://gmail.googleapis.com", description="Origin of the Gmail API, without a path."
    )
    iam_url: str = Field(
        default="https://iamcredentials.googleapis.com",
        description="Origin of the IAM Credentials API, without a path; for key-less delegation.",
    )
    delegation_keyless_accounts: str = Field(
        default="",
        description="Service accounts that this machine's own identity at Google Cloud may sign for, and the "
        "tenant of each: mailer@project.iam.gserviceaccount.com=ten_…, ….",
    )
    connect_timeout_s: float = Field(
        default=10, gt=0, allow_inf_nan=False, description="Seconds to reach Google."
    )
    answer_timeout_s: float = Field(
        default=120, gt=0, allow_inf_nan=False, description="Seconds to wait for Google's answer to a mail."
    )

    @field_validator("public_url", "gmail_url", "iam_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        """As browsers write it (RFC 6454 §6.2): they and Google compare it to the letter."""
        parts = urlsplit(value)
        if port_of(value) == 0 or not _ORIGIN.fullmatch(value):
            raise ValueError("must be an address such as https://mail.example.com")
        if parts.path not in {"", "/"}:
            raise ValueError("must have no path")
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError("must be https; http is only for this machine itself")
        usual = ":443" if parts.scheme == "https" else ":80"
        return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}"

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones is an OSError
            raise ValueError("must be a zone such as Europe/Berlin") from None
        return value

    @field_validator("delegation_keyless_accounts")
    @classmethod
    def _account_pairs(cls, value: str) -> str:
        if not all(_ACCOUNT_PAIR.fullmatch(pair) for pair in listed(value)):
            raise ValueError("must read mailer@project.iam.gserviceaccount.com=ten_…, …")
        return value

    @field_validator("database_url")
    @classmethod
    def _engine(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):  # their texts may hold the password
            raise ValueError("must read postgresql://user:password@host:port/name") from None
        if text.startswith("sqlite") and url.database in {None, "", ":memory:"}:
            raise ValueError("must name a file after sqlite:///")
        if text.startswith("postgresql") and not url.query.keys() <= postgresql_options():
            raise ValueError("has an option after the question mark that PostgreSQL does not know")
        return value

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is one file."""
        return self.database_url.get_secret_value().startswith("sqlite")

    @property
    def is_https(self) -> bool:
        """Whether browsers come by HTTPS; then cookies are Secure."""
        return self.public_url.startswith("https://")

    @property
    def redirect_uri(self) -> str:
        """What has to be registered at Google, to the letter."""
        return f"{self.public_url}/consent/callback"

    @property
    def keyless_accounts(self) -> frozenset[tuple[str, str]]:
        """Pairs of tenant id and service account, for which we may sign without a key file."""
        pairs = (pair.partition("=") for pair in listed(self.delegation_keyless_accounts))
        return frozenset((tenant_id, account) for account, _, tenant_id in pairs)

    @property
    def keyring_path(self) -> Path:
        """The file of the operator's keys."""
        return self.keyring_file or self.credentials_dir / "keyring"

    @property
    def google_client_path(self) -> Path:
        """The file of the OAuth client."""
        return self.google_client_file or self.credentials_dir / "google_client.json"
