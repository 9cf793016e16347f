"""Every setting: meaning, unit, default. Read once at start from the environment; nothing changes it later.

Each name is an environment variable with the prefix ``POSTAUSGANG_``; secrets can also be files of the
same name, in lower case, in ``credentials_dir``.
"""

import ipaddress
import os
import re
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.errors import ConfigurationError

_PREFIX = "POSTAUSGANG_"
_MIB = 1024 * 1024
_PAIR = re.compile(r"[a-z0-9.-]+=ten_[0-9a-z]{26}")
_ACCOUNT_PAIR = re.compile(r"[a-z0-9.-]+@[a-z0-9.-]+\.gserviceaccount\.com=ten_[0-9a-z]{26}")
IPV6 = 6
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+|\[[0-9A-Fa-f.:IPv]+\]")


class Settings(BaseSettings):
    """The operator's settings, checked. ``load`` reads them."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    public_url: str = Field(
        default="http://localhost:8025",
        description="Where browsers reach the service; https, but for a loopback address.",
    )
    host: str = Field(default="127.0.0.1", description="Address that the web process listens on.")
    port: int = Field(default=8025, ge=0, le=65535, description="Port that the web process listens on.")
    web_threads: int = Field(default=16, ge=1, le=256, description="Requests answered at the same time.")
    web_processes: int = Field(
        default=1, ge=1, le=64, description="Web processes; more than 1 only with PostgreSQL."
    )
    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///data/postausgang.sqlite3"),
        validation_alias=AliasChoices(f"{_PREFIX}DATABASE_URL", "DATABASE_URL", "database_url"),
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
    gmail_smtp: str = Field(
        default="tls://smtp.gmail.com:465", description="Gmail's mail server with TLS from the first byte."
    )
    gmail_submission: str = Field(
        default="starttls://smtp.gmail.com:587", description="Gmail's mail server with STARTTLS."
    )
    relay_smtp: str = Field(
        default="starttls://smtp-relay.gmail.com:587", description="The SMTP relay of Google Workspace."
    )
    relay_tenants: str = Field(
        default="",
        description="Who may use the relay without a password: muster.de=ten_…, other.de=ten_….",
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
    connect_timeout_s: float = Field(default=10, gt=0, description="Seconds to reach Google.")
    answer_timeout_s: float = Field(
        default=120, gt=0, description="Seconds to wait for Google's answer to a mail."
    )
    ehlo_name: str = Field(
        default="",
        description="How mail servers see this service: its public name in the DNS, fully qualified; "
        "default: the host of public_url.",
    )
    smtp_answer_timeout_s: float = Field(
        default=600, gt=0, description="Seconds to wait for a mail server's final answer (RFC 5321: 600)."
    )
    smtp_command_timeout_s: float = Field(
        default=60, gt=0, description="Seconds to wait for a mail server's answer to a command."
    )
    smtp_private_servers: bool = Field(
        default=False, description="Whether users may name mail servers in private networks."
    )
    smtp_connections: int = Field(
        default=32, ge=1, le=1000, description="Connections to mail servers open at once, per process."
    )
    smtp_idle_s: float = Field(
        default=60, gt=0, description="Seconds after which an unused connection to a mail server is closed."
    )
    smtp_ca_file: Path | None = Field(
        default=None,
        description="PEM file of certificates that are trusted for mail servers, beside the system's.",
    )
    senders: int = Field(default=8, ge=1, le=128, description="Mails sent at the same time by one worker.")
    per_mailbox: int = Field(default=4, ge=1, le=32, description="Mails of one mailbox in flight at once.")
    lease_s: float = Field(
        default=30, ge=1, le=600, description="Seconds after which a silent worker's mails are settled."
    )
    give_up_s: int = Field(
        default=5 * 86_400, ge=300, le=7 * 86_400, description="Seconds after which a mail is given up."
    )
    api_sends_a_minute: int = Field(
        default=60, ge=0, description="Mails of one mailbox in any minute by the Gmail API; 0: no limit."
    )
    limit_consumer_messages: int = Field(
        default=500, ge=0, description="Mails in 24 h of one gmail.com mailbox; 0: no limit."
    )
    limit_consumer_recipients: int = Field(
        default=500, ge=0, description="Recipients in 24 h of one gmail.com mailbox; 0: no limit."
    )
    limit_workspace_messages: int = Field(
        default=2000, ge=0, description="Mails in 24 h of one Workspace mailbox; 0: no limit."
    )
    limit_workspace_recipients: int = Field(
        default=10_000, ge=0, description="Recipients in 24 h of one Workspace mailbox; 0: no limit."
    )
    limit_workspace_external_recipients: int = Field(
        default=3000, ge=0, description="Those of them outside the mailbox's own domain; 0: no limit."
    )
    limit_relay_messages: int = Field(
        default=10_000, ge=0, description="Mails in 24 h of one mailbox by Google's relay; 0: no limit."
    )
    limit_relay_recipients: int = Field(
        default=10_000, ge=0, description="Recipients in 24 h of one mailbox by the relay; 0: no limit."
    )
    limit_other_messages: int = Field(
        default=0, ge=0, description="Mails in 24 h of one mailbox at another SMTP server; 0: no limit."
    )
    max_attachments_bytes: int = Field(
        default=25 * _MIB, ge=1, description="Bytes of all attachments of one mail together, as they come."
    )
    max_message_bytes: int = Field(
        default=36_700_160, ge=1, description="Bytes of one composed mail (Gmail's upload limit)."
    )
    max_json_bytes: int = Field(
        default=36 * _MIB, ge=1, description="Bytes of one JSON request; larger mails go as multipart."
    )
    max_recipients: int = Field(default=100, ge=1, le=2000, description="Addressees of one mail.")
    min_free_bytes: int = Field(
        default=200 * _MIB, ge=0, description="Bytes that stay free on the disk of a SQLite database."
    )
    notice_smtp: str = Field(
        default="",
        description="Mail server for notices to owners whose tenant has no other connection that works: "
        "tls://host:465 or starttls://host:587; empty for none.",
    )
    notice_smtp_user: str = Field(default="", description="Its user; empty where it asks for none.")
    notice_smtp_password: SecretStr | None = Field(default=None, description="Its password.")
    notice_smtp_from: str = Field(default="", description="Sender of such notices.")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: str = Field(default="text", description="text for people, json for machines.")

    @field_validator("public_url", "gmail_url", "iam_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an address such as https://mail.example.com")
        if parts.path not in {"", "/"}:
            raise ValueError("must have no path")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("must be https; http is only for this machine itself")
        return value.rstrip("/")

    @field_validator("gmail_smtp", "gmail_submission", "relay_smtp", "notice_smtp")
    @classmethod
    def _mail_server(cls, value: str, found: ValidationInfo) -> str:
        if not value and found.field_name == "notice_smtp":
            return value
        parts = urlsplit(value)
        if parts.scheme not in {"tls", "starttls"} or not parts.hostname or parts.port is None or parts.path:
            raise ValueError("must read tls://host:465 or starttls://host:587")
        return value

    @field_validator("relay_tenants")
    @classmethod
    def _pairs(cls, value: str) -> str:
        if not all(_PAIR.fullmatch(pair) for pair in _listed(value)):
            raise ValueError("must read muster.de=ten_…, other.de=ten_…")
        return value

    @field_validator("delegation_keyless_accounts")
    @classmethod
    def _account_pairs(cls, value: str) -> str:
        if not all(_ACCOUNT_PAIR.fullmatch(pair) for pair in _listed(value)):
            raise ValueError("must read mailer@project.iam.gserviceaccount.com=ten_…, …")
        return value

    @field_validator("ehlo_name")
    @classmethod
    def _domain(cls, value: str) -> str:
        if value and _DOMAIN.fullmatch(value) is None:
            raise ValueError(
                "must be a name such as mail.example.com, or an address literal such as [192.0.2.1]"
            )
        return value

    @field_validator("database_url")
    @classmethod
    def _engine(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        if value.get_secret_value() == "sqlite:///":
            raise ValueError("must name a file after sqlite:///")
        return value

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

    @model_validator(mode="after")
    def _one_writer(self) -> Self:
        if self.is_sqlite and self.web_processes > 1:
            raise ValueError("web_processes must be 1 with SQLite; use PostgreSQL for more")
        return self

    @model_validator(mode="after")
    def _notice_sender(self) -> Self:
        if self.notice_smtp and not self.notice_smtp_from:
            raise ValueError("notice_smtp_from is needed with notice_smtp")
        if bool(self.notice_smtp_user) != (self.notice_smtp_password is not None):
            raise ValueError("notice_smtp_user and notice_smtp_password are needed together")
        return self

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is one file."""
        return self.database_url.get_secret_value().startswith("sqlite")

    @property
    def is_https(self) -> bool:
        """Whether browsers come by HTTPS; then cookies are Secure."""
        return self.public_url.startswith("https://")

    @property
    def own_mail_name(self) -> str:
        """What EHLO says: ``ehlo_name``, or the host of ``public_url`` (RFC 5321 §4.1.1.1)."""
        host = self.ehlo_name or urlsplit(self.public_url).hostname or "localhost"
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return host
        return f"[IPv6:{address}]" if address.version == IPV6 else f"[{address}]"

    @property
    def redirect_uri(self) -> str:
        """What has to be registered at Google, to the letter."""
        return f"{self.public_url}/consent/callback"

    @property
    def tenant_of_relay_domain(self) -> dict[str, str]:
        """Which tenant may use the relay without a password, by domain."""
        pairs = (pair.partition("=") for pair in _listed(self.relay_tenants))
        return {domain: tenant_id for domain, _, tenant_id in pairs}

    @property
    def keyless_accounts(self) -> frozenset[tuple[str, str]]:
        """Pairs of tenant id and service account, for which we may sign without a key file."""
        pairs = (pair.partition("=") for pair in _listed(self.delegation_keyless_accounts))
        return frozenset((tenant_id, account) for account, _, tenant_id in pairs)

    @property
    def keyring_path(self) -> Path:
        """The file of the operator's keys."""
        return self.keyring_file or self.credentials_dir / "keyring"

    @property
    def google_client_path(self) -> Path:
        """The file of the OAuth client."""
        return self.google_client_file or self.credentials_dir / "google_client.json"


def load(**overrides: object) -> Settings:
    """The settings of this process.

    Raises:
        ConfigurationError: naming every bad variable at once, never its value.
    """
    folder = overrides.get("credentials_dir") or os.environ.get(f"{_PREFIX}CREDENTIALS_DIR", "credentials")
    secrets_dir = folder if Path(str(folder)).is_dir() else None
    try:
        return Settings(_secrets_dir=secrets_dir, **overrides)  # type: ignore[arg-type]  # checked by pydantic
    except ValidationError as error:
        raise ConfigurationError(
            *(_sentence(fault["loc"], fault["msg"]) for fault in error.errors())
        ) from None


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    if not location:
        return text
    name = str(location[0]).upper()
    return f"{name if name.startswith(_PREFIX) or name == 'DATABASE_URL' else _PREFIX + name}: {text}"
