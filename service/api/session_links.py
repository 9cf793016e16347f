"""``/v1/session-links``: an invoicing application lets its customer look at our pages."""

from typing import Annotated, Literal

from flask import Request, Response
from pydantic import Field
from typing_extensions import TypedDict  # as in ``shapes``

from service.access.api_key import Right
from service.access.member import Role
from service.access.session import Page
from service.api.authentication import Caller
from service.api.ports import ApiPorts
from service.api.reading import read_small
from service.api.replies import reply, rfc3339
from service.api.schemas import RequestModel
from service.errors import ForbiddenError

_PageName = Literal["connections", "messages", "developers", "settings", "workspace"]


class NewSessionLink(RequestModel):
    """A one-time link that opens our pages for a customer, with no other sign-in."""

    role: Literal["member", "admin"] = Field(
        description="`member`: sees mailboxes and mail, connects and tests mailboxes, decides about single "
        "mails. `admin`: also sets the tenant up; needs a key with every right."
    )
    pages: Annotated[list[_PageName], Field(min_length=1, max_length=5)] | None = Field(
        default=None,
        description="The only pages that are shown; without it all that the role may see. `messages` needs "
        "a key that may `send` and `read`; `developers`, `settings` and `workspace` are for admins.",
    )
    locale: Literal["de", "en"] | None = None
    return_url: str | None = Field(
        default=None, description="An https address of yours, for the way back on every page."
    )
    expires_in: int = Field(
        default=600,
        ge=60,
        le=600,
        description="Seconds in which the link is opened. The session lasts until the customer signs out, "
        "at most 7 days, and ends at once with the key that made the link.",
    )


class SessionLinkAnswer(TypedDict):
    """A link for a customer's browser; ``url`` is shown this one time and opens once."""

    object: Literal["session_link"]
    url: str
    role: str
    pages: list[str] | None
    locale: str | None
    return_url: str | None
    expires_at: str


class SessionLinkViews:
    """The view of session links."""

    def __init__(self, ports: ApiPorts) -> None:
        self._links = ports.session_links

    def make(self, request: Request, caller: Caller) -> Response:
        """Make a link that signs a customer's browser in."""
        asked = read_small(request, NewSessionLink)
        if not _needed(asked) <= caller.key.rights or caller.connection_ids is not None:
            raise ForbiddenError  # a session sees every connection, and does what its pages offer
        link, url = self._links.make(
            key=caller.key,
            role=asked.role,
            pages=asked.pages,
            locale=asked.locale,
            return_url=asked.return_url,
            lifetime_s=asked.expires_in,
        )
        answer: SessionLinkAnswer = {
            "object": "session_link",
            "url": url,
            "role": link.standing.role.value,
            "pages": None if link.standing.pages is None else sorted(link.standing.pages),
            "locale": link.locale,
            "return_url": link.standing.return_url,
            "expires_at": rfc3339(link.expires_at),
        }
        return reply(answer, 201)


def _needed(asked: NewSessionLink) -> frozenset[Right]:
    """A session does no more than the key that opened it could do by itself."""
    if Role(asked.role) is Role.ADMIN:
        return frozenset(Right)
    if asked.pages is None or Page.MESSAGES in asked.pages:
        return frozenset(Right)
    return frozenset({Right.CONNECTIONS})
