"""Connect links: an invitation by which a mailbox owner without an account here connects one mailbox."""

import unicodedata
from collections.abc import Sequence
from datetime import timedelta

from service.access.return_url import return_url_problems
from service.access.session import hash_secret, new_secret
from service.clock import Clock
from service.connections.ports import ConnectionStore
from service.consent.ladder import STEPS, Access
from service.consent.ports import ConnectLink, ConnectLinkStore
from service.errors import InvalidRequestError, LinkError, Problem
from service.identifiers import new_id
from service.mail.address import AddressError, parse_address

MIN_LIFETIME_S = 60
MAX_LIFETIME_S = 72 * 3600
MAX_PURPOSE = 200
LOCALES = ("de", "en")


class ConnectLinks:
    """Makes and finds connect links."""

    def __init__(
        self,
        *,
        links: ConnectLinkStore,
        connections: ConnectionStore,
        public_url: str,
        clock: Clock,
        operators: frozenset[str] = frozenset(),
    ) -> None:
        """``operators``: the addresses that the settings name, in lower case."""
        self._links = links
        self._connections = connections
        self._public_url = public_url
        self._clock = clock
        self._operators = operators

    def make(  # noqa: PLR0913, a keyword for each thing that a link can say
        self,
        *,
        tenant_id: str,
        purpose: str,
        expected_address: str | None = None,
        connection_id: str | None = None,
        return_url: str | None = None,
        locale: str | None = None,
        lifetime_s: int = MAX_LIFETIME_S,
        access: Sequence[str] = (),
        key_id: str | None = None,
        maker_id: str | None = None,
    ) -> tuple[ConnectLink, str]:
        """A new link and its address; the address holds the secret and is shown this one time.

        Args:
            tenant_id: who will send from the mailbox.
            purpose: one sentence that the visitor is shown, 1–200 characters.
            expected_address: the only address that may be used.
            connection_id: set for a reconnect; then its account is the only one that may be used.
            return_url: https address to go to at the end.
            locale: ``de``, ``en`` or ``None`` for the browser's choice.
            lifetime_s: 60 to 259,200 seconds.
            access: names of ``ladder.Access``: what is asked for beside the right to send.
            key_id: the API key that asks for it; the link ends with it.
            maker_id: the account of the operator or admin who asks for it; the link ends with it.

        Raises:
            InvalidRequestError: with all faults at once.
            NotFoundError: the tenant has no such connection.
        """
        problems = [
            *_purpose_problems(purpose),
            *_address_problems(expected_address),
            *return_url_problems(return_url),
            *_choice_problems(locale, lifetime_s),
            *_access_problems(access),
        ]
        if problems:
            raise InvalidRequestError(*problems)
        now = self._clock.now()
        link = ConnectLink(
            id=new_id("lnk"),
            tenant_id=tenant_id,
            purpose=purpose,
            expires_at=now + timedelta(seconds=lifetime_s),
            expected_address=self._expected(tenant_id, connection_id, expected_address),
            connection_id=connection_id,
            return_url=return_url,
            locale=locale,
            access=tuple(Access(name) for name in dict.fromkeys(access)),
            key_id=key_id,
            maker_id=maker_id,
        )
        secret = new_secret().get_secret_value()
        self._links.add_connect_link(link, hash_secret(secret), now)
        return link, f"{self._public_url}/connect/{secret}"

    def _expected(self, tenant_id: str, connection_id: str | None, address: str | None) -> str | None:
        """Whose account it must be, spelt as Google will spell it."""
        if connection_id is not None:
            return self._connections.get(tenant_id, connection_id).address
        return None if address is None else parse_address(address).spec

    def find(self, secret: str) -> ConnectLink:
        """The link of an address; looking does not use it up.

        Raises:
            LinkError: unknown, used, too old, or its API key or maker has gone.
        """
        link = self._links.find_connect_link(hash_secret(secret), self._clock.now())
        if link is None or link.made_by_operator not in {None, *self._operators}:
            raise LinkError
        return link


def _purpose_problems(purpose: str) -> list[Problem]:
    if not 0 < len(purpose) <= MAX_PURPOSE or not purpose.strip():
        return [Problem("/purpose", "invalid-length", f"The purpose has 1 to {MAX_PURPOSE} characters.")]
    if any(unicodedata.category(character)[0] in "CZ" and character != " " for character in purpose):
        return [Problem("/purpose", "invalid-characters", "The purpose is one line of plain text.")]
    return []


def _address_problems(address: str | None) -> list[Problem]:
    try:
        if address is not None and parse_address(address).name:
            return [Problem("/expected_address", "invalid-address", "Give the address without a name.")]
    except AddressError as error:
        return [Problem("/expected_address", error.code, error.args[0])]
    return []


def _access_problems(access: Sequence[str]) -> list[Problem]:
    return [
        Problem(f"/access/{place}", "invalid-choice", "There is no such step of access.")
        for place, name in enumerate(access)
        if name not in STEPS
    ]


def _choice_problems(locale: str | None, lifetime_s: int) -> list[Problem]:
    problems = []
    if locale is not None and locale not in LOCALES:
        problems.append(Problem("/locale", "invalid-choice", "The locale is de or en."))
    if not MIN_LIFETIME_S <= lifetime_s <= MAX_LIFETIME_S:
        problems.append(
            Problem(
                "/expires_in", "out-of-range", f"A link lives {MIN_LIFETIME_S} to {MAX_LIFETIME_S} seconds."
            )
        )
    return problems
