"""What callers send to set up domain-wide delegation."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from service.api.schemas import PlainAddress, RequestModel
from service.consent.scopes import MAIL, METADATA, SEND
from service.delegation.setup import MAX_SENDERS, Wanted

_SCOPES = {"gmail.send": SEND, "gmail.metadata": min(METADATA), MAIL: MAIL}

Senders = Annotated[list[PlainAddress], Field(max_length=MAX_SENDERS)]
KeyFile = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "properties": {"type": {"const": "service_account"}},
            "required": [
                "type",
                "client_email",
                "client_id",
                "private_key_id",
                "private_key",
                "token_uri",
            ],
            "additionalProperties": True,
        }
    ),
]


class NewDelegation(RequestModel):
    """A service account, by its key file or key-less, and whom mail may be sent as."""

    key: KeyFile | None = Field(
        default=None, repr=False, description="The JSON key file, unchanged; it is kept sealed."
    )
    account: str | None = Field(
        default=None, description="Key-less: the service account's address, which the operator has allowed."
    )
    client_id: str | None = Field(default=None, description="Key-less: its numeric unique ID.")
    senders: Senders = Field(default=[], description="Main addresses of users; nobody else is acted for.")
    scopes: list[Literal["gmail.send", "gmail.metadata", "https://mail.google.com/"]] = Field(
        default=["gmail.send"], description="`gmail.metadata` lets us look for a mail whose answer was lost."
    )

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        is_keyless = self.account is not None and self.client_id is not None
        is_half = (self.account is None) != (self.client_id is None)
        if is_half or is_keyless == (self.key is not None):
            raise PydanticCustomError("key-needed", "Give either key, or account and client_id.")
        return self

    @property
    def wanted(self) -> Wanted:
        """For the use-case."""
        return Wanted(tuple(self.senders), frozenset(_SCOPES[scope] for scope in self.scopes))


class NewSenders(RequestModel):
    """The whole list of users that mail may be sent as; who is not in it stops sending at once."""

    senders: Senders


class CheckDelegation(RequestModel):
    """For which sender the set-up is verified; without one for the first of the list."""

    sender: PlainAddress | None = None
