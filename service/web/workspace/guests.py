"""Who uses the wizard: the tenant's own admin, or the Workspace's, whom a link lets into it alone."""

from dataclasses import dataclass
from datetime import datetime

from service.access.session import Page, Standing
from service.access.tenant import Tenant
from service.web.browser import Browser, NotSignedInError
from service.web.ports import WebPorts


@dataclass(frozen=True, slots=True)
class Asker:
    """Who uses the wizard.

    Attributes:
        actor: for the audit.
        is_guest: sees the wizard alone.
    """

    tenant: Tenant
    actor: str
    is_guest: bool


class Guests:
    """Makes the links, takes them, and knows who came by one."""

    def __init__(self, ports: WebPorts, browser: Browser) -> None:
        self._ports = ports
        self._browser = browser

    def asker(self) -> Asker:
        """Who asks. Raises ``NotSignedInError``."""
        session, tenant = self._browser.signed_in()
        return Asker(tenant, self._browser.actor(), is_guest=_is_limited(session.standing))

    def invite(self) -> tuple[str, datetime]:
        """The secret of a new link, shown this one time, and until when it can be used."""
        standing = self._browser.standing()
        if standing is None or standing.tenant_id is None:
            raise NotSignedInError
        link, secret = self._ports.session_links.hand_over(standing)
        return secret, link.expires_at

    def host(self, secret: str) -> Tenant | None:
        """Whom a link is from; ``None`` when it is unknown, used or too old. Looking does not use it up."""
        link = self._ports.session_links.find(secret)
        if link is None or link.standing.tenant_id is None or not _is_limited(link.standing):
            return None
        return self._ports.tenants.get(link.standing.tenant_id)

    def admit(self, secret: str) -> bool:
        """Use a link up; who was signed in is so no more. ``False`` as ``host``."""
        if self.host(secret) is None:
            return False
        link = self._ports.session_links.use(secret)
        if link is None:
            return False  # another browser was faster
        self._browser.open(link.standing, locale=self._browser.note("language"))
        return True

    def are_in(self) -> bool:
        """Whether this browser is a guest's."""
        return _is_limited(self._browser.standing())


def _is_limited(standing: Standing | None) -> bool:
    return standing is not None and standing.pages == frozenset({Page.WORKSPACE})
