"""How much, and for how long: the worker's own limits, Google's, and those of one mail."""

from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings

_MIB = 1024 * 1024
_MOST_DAYS = 36_500  # a calendar begins somewhere


class Limits(BaseSettings):
    """Part of ``Settings``."""

    senders: int = Field(default=8, ge=1, le=128, description="Mails sent at the same time by one worker.")
    per_mailbox: int = Field(default=4, ge=1, le=100, description="Mails of one mailbox in flight at once.")
    worker_processes: int = Field(
        default=1, ge=1, le=64, description="Workers that `serve` starts; more than processors gain nothing."
    )
    on_one_core: bool = Field(
        default=True,
        description="Whether each web process and worker stays on one core, which is faster.",
    )
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
    content_days: int = Field(
        default=30,
        ge=1,
        description="Days after its last try until the content of a mail is deleted, where a tenant chose "
        "nothing.",
    )
    content_days_most: int = Field(
        default=365, ge=1, description="The most days that a tenant may choose for the content."
    )
    log_days: int = Field(
        default=180, ge=1, description="Days until the log of a mail is deleted too, where it chose nothing."
    )
    log_days_most: int = Field(
        default=3650, ge=1, description="The most days that a tenant may choose for the log."
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

    @field_validator("content_days_most", "log_days_most")
    @classmethod
    def _days(cls, value: int) -> int:
        if value > _MOST_DAYS:
            raise ValueError(f"must be at most {_MOST_DAYS} days")
        return value

    @model_validator(mode="after")
    def _retention(self) -> Self:
        if self.content_days > self.content_days_most or self.log_days > self.log_days_most:
            raise ValueError("content_days and log_days must not be more than their …_most")
        if self.content_days > self.log_days:
            raise ValueError("content_days must not be more than log_days")
        return self
