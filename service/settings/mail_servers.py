"""Which mail servers are spoken to, and how."""

import ipaddress
import re
import ssl
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings

from service.settings.words import DOMAIN_OF_TENANT, listed, port_of

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_SERVER = re.compile(r"(tls|starttls)://[^\s/?#@]+")
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+|\[[0-9A-Fa-f.:IPv]+\]")


class MailServers(BaseSettings):
    """Part of ``Settings``."""

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
    outgoing_ips: str = Field(
        default="",
        description="The public IP addresses from which this service reaches mail servers, with commas: "
        "shown to Workspace admins, who enter them for the relay.",
    )
    ehlo_name: str = Field(
        default="",
        description="How mail servers see this service: its public name in the DNS, fully qualified; "
        "default: the host of public_url.",
    )
    smtp_answer_timeout_s: float = Field(
        default=600,
        gt=0,
        allow_inf_nan=False,
        description="Seconds to wait for a mail server's final answer (RFC 5321: 600).",
    )
    smtp_command_timeout_s: float = Field(
        default=60,
        gt=0,
        allow_inf_nan=False,
        description="Seconds to wait for a mail server's answer to a command.",
    )
    smtp_private_servers: bool = Field(
        default=False, description="Whether users may name mail servers in private networks."
    )
    smtp_connections: int = Field(
        default=128, ge=1, le=1000, description="Connections to mail servers open at once, per process."
    )
    smtp_idle_s: float = Field(
        default=60,
        gt=0,
        allow_inf_nan=False,
        description="Seconds after which an unused connection to a mail server is closed.",
    )
    smtp_ca_file: Path | None = Field(
        default=None,
        description="PEM file of certificates that are trusted for mail servers, beside the system's.",
    )
    notice_smtp: str = Field(
        default="",
        description="Mail server for notices to owners whose tenant has no other connection that works: "
        "tls://host:465 or starttls://host:587; empty for none.",
    )
    notice_smtp_user: str = Field(default="", description="Its user; empty where it asks for none.")
    notice_smtp_password: SecretStr | None = Field(default=None, description="Its password.")
    notice_smtp_from: str = Field(default="", description="Sender of such notices.")

    @field_validator("gmail_smtp", "gmail_submission", "relay_smtp", "notice_smtp")
    @classmethod
    def _mail_server(cls, value: str, found: ValidationInfo) -> str:
        if not value and found.field_name == "notice_smtp":
            return value
        if not _SERVER.fullmatch(value) or not port_of(value):
            raise ValueError("must read tls://host:465 or starttls://host:587")
        return value

    @field_validator("smtp_ca_file")
    @classmethod
    def _certificates(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
            except OSError:  # ssl.SSLError is one
                raise ValueError("must be a PEM file of certificates") from None
        return value

    @field_validator("relay_tenants")
    @classmethod
    def _pairs(cls, value: str) -> str:
        if not all(DOMAIN_OF_TENANT.fullmatch(pair) for pair in listed(value)):
            raise ValueError("must read muster.de=ten_…, other.de=ten_…")
        return value

    @field_validator("outgoing_ips")
    @classmethod
    def _addresses(cls, value: str) -> str:
        try:
            parsed = [ipaddress.ip_address(address) for address in listed(value)]
        except ValueError:
            raise ValueError("must read 192.0.2.1, 2001:db8::1") from None
        return ",".join(map(str, parsed))

    @field_validator("ehlo_name")
    @classmethod
    def _domain(cls, value: str) -> str:
        if value and _DOMAIN.fullmatch(value) is None:
            raise ValueError(
                "must be a name such as mail.example.com, or an address literal such as [192.0.2.1]"
            )
        return value

    @model_validator(mode="after")
    def _notice_sender(self) -> Self:
        if self.notice_smtp and not self.notice_smtp_from:
            raise ValueError("notice_smtp_from is needed with notice_smtp")
        if bool(self.notice_smtp_user) != (self.notice_smtp_password is not None):
            raise ValueError("notice_smtp_user and notice_smtp_password are needed together")
        return self

    @property
    def own_addresses(self) -> list[str]:
        """From which IP addresses mail leaves, as far as the operator has said."""
        return listed(self.outgoing_ips)

    @property
    def tenant_of_relay_domain(self) -> dict[str, str]:
        """Which tenant may use the relay without a password, by domain."""
        pairs = (pair.partition("=") for pair in listed(self.relay_tenants))
        return {domain: tenant_id for domain, _, tenant_id in pairs}
