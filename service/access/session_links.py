"""One-time links that sign a browser in: for people, and from an invoicing application to its customers."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from service.access.api_key import ApiKey
from service.access.member import Role
from service.access.ports import SessionStore
from service.access.return_url import return_url_problems
from service.access.session import Page, SessionLink, Standing, hash_secret, new_secret
from service.clock import Clock
from service.errors import InvalidRequestError, Problem

LOGIN_S = 30 * 60
MIN_LIFETIME_S = 60
MAX_LIFETIME_S = 600
LOCALES = ("de", "en")
HAND_OVER_S = 7 * 86_400  # an admin has weekends, and Google may need a day for an entry
ADMIN_PAGES = frozenset({Page.DEVELOPERS, Page.SETTINGS, Page.WORKSPACE})


class SessionLinks:
    """Makes links; looking at one does not use it up."""

    def __init__(
        self, *, sessions: SessionStore, operators: frozenset[str], public_url: str, clock: Clock
    ) -> None:
        """``operators``: the addresses that the settings name, in lower case."""
        self._sessions = sessions
        self._operators = operators
        self._public_url = public_url
        self._clock = clock

    def login(self, standing: Standing) -> str:
        """The address of a link that a person gets by hand; it is good for half an hour."""
        _, url = self._keep(standing, None, LOGIN_S)
        return url

    def find(self, secret: str) -> SessionLink | None:
        """The link of this secret, if it is good; looking does not use it up."""
        return self._good(self._sessions.find_link(hash_secret(secret), self._clock.now()))

    def use(self, secret: str) -> SessionLink | None:
        """Use it up; ``None`` where ``find`` finds none."""
        return self._good(self._sessions.use_link(hash_secret(secret), self._clock.now()))

    def hand_over(self, host: Standing) -> tuple[SessionLink, str]:
        """A link for the admin of a Google Workspace, who sees the wizard alone; and its secret.

        Args:
            host: who invites: the link ends with the key or the person that has let them in, or they are.
        """
        standing = Standing(
            Role.ADMIN,
            host.tenant_id,
            pages=frozenset({Page.WORKSPACE}),
            key_id=host.key_id,
            maker_id=host.answerable_id,
        )
        link, url = self._keep(standing, None, HAND_OVER_S)
        return link, url.rpartition("/")[2]

    def make(
        self,
        *,
        key: ApiKey,
        role: str,
        pages: Sequence[str] | None = None,
        locale: str | None = None,
        return_url: str | None = None,
        lifetime_s: int = MAX_LIFETIME_S,
    ) -> tuple[SessionLink, str]:
        """A link for the application's customer, and its address, which is shown this one time.

        Args:
            key: the application's; its tenant's pages are seen, and what the link opens ends with it.
            role: ``member`` or ``admin``.
            pages: names of ``Page``, at least one; ``None`` for all that the role may see.
            locale: ``de``, ``en`` or ``None`` for the browser's choice.
            return_url: https address of the way back.
            lifetime_s: 60 to 600 seconds until the link is used.

        Raises:
            InvalidRequestError: with all faults at once.
        """
        problems = [
            *_role_problems(role),
            *_page_problems(role, pages),
            *_locale_problems(locale),
            *return_url_problems(return_url),
            *_lifetime_problems(lifetime_s),
        ]
        if problems:
            raise InvalidRequestError(*problems)
        only = None if pages is None else frozenset(Page(name) for name in pages)
        standing = Standing(Role(role), key.tenant_id, None, only, return_url, key.id)
        return self._keep(standing, locale, lifetime_s)

    def _good(self, link: SessionLink | None) -> SessionLink | None:
        """Who is no longer in the settings lets nobody in."""
        is_good = link is not None and link.made_by_operator in {None, *self._operators}
        return link if is_good else None

    def _keep(self, standing: Standing, locale: str | None, lifetime_s: int) -> tuple[SessionLink, str]:
        now, secret = self._clock.now(), new_secret().get_secret_value()
        link = SessionLink(standing, now + timedelta(seconds=lifetime_s), locale)
        self._sessions.add_link(link, hash_secret(secret), now)
        return link, f"{self._public_url}/login/{secret}"


def _role_problems(role: str) -> Iterable[Problem]:
    if role not in {Role.MEMBER, Role.ADMIN}:
        yield Problem("/role", "invalid-choice", "The role is member or admin.")


def _page_problems(role: str, pages: Sequence[str] | None) -> Iterable[Problem]:
    if pages is not None and not pages:
        yield Problem("/pages", "invalid-length", "Name at least one page, or leave the field out.")
    for place, name in enumerate(pages or ()):
        if name not in list(Page) or (name in ADMIN_PAGES and role != Role.ADMIN):
            yield Problem(f"/pages/{place}", "invalid-choice", "The role sees no such page.")


def _locale_problems(locale: str | None) -> Iterable[Problem]:
    if locale is not None and locale not in LOCALES:
        yield Problem("/locale", "invalid-choice", "The locale is de or en.")


def _lifetime_problems(lifetime_s: int) -> Iterable[Problem]:
    if not MIN_LIFETIME_S <= lifetime_s <= MAX_LIFETIME_S:
        yield Problem(
            "/expires_in", "out-of-range", f"A link lives {MIN_LIFETIME_S} to {MAX_LIFETIME_S} seconds."
        )
