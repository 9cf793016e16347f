"""The admin of a Workspace without an account here: let into the wizard of one tenant, and nowhere else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.access.session import Session, hash_secret, new_secret
from service.access.tenant import Tenant
from service.identifiers import new_id
from service.web.browser import Browser, NotSignedInError
from service.web.ports import WebPorts

INVITED = timedelta(days=7)
ADMITTED = timedelta(days=7)  # Google may need a day for an entry, and admins have weekends
_COOKIE = "wizard"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who uses the wizard.

    Attributes:
        actor: for the audit.
        is_guest: came by the link; sees the wizard alone.
    """

    tenant: Tenant
    actor: str
    is_guest: bool


class Guests:
    """Makes the links, takes them, and knows who came by one.

    A guest's link and cookie are kept as login links and sessions are, but under hashes of their own kind.
    So no other page finds them: to the rest of the site a guest is a stranger.
    """

    def __init__(self, ports: WebPorts, browser: Browser) -> None:
        self._ports = ports
        self._browser = browser

    def asker(self) -> Asker:
        """Who asks.

        Raises:
            NotSignedInError: neither a signed-in tenant nor a guest.
        """
        session, tenant = self._browser.session(), self._browser.tenant()
        if session is not None and tenant is not None:
            return Asker(tenant, f"web:{session.id}", is_guest=False)
        guest = self._guest()
        if guest is None or guest.tenant_id is None:
            raise NotSignedInError
        return Asker(self._ports.tenants.get(guest.tenant_id), f"guest:{guest.id}", is_guest=True)

    def invite(self, tenant_id: str) -> tuple[str, datetime]:
        """The secret of a new link, shown this one time, and until when it can be used."""
        secret, now = new_secret().get_secret_value(), self._ports.clock.now()
        self._ports.sessions.add_login_link(tenant_id, _hash(secret), now + INVITED, now)
        return secret, now + INVITED

    def admit(self, secret: str) -> bool:
        """Use a link up; ``False`` when it is unknown, used or too old. Who was signed in is so no more."""
        now = self._ports.clock.now()
        tenant_id = self._ports.sessions.use_login_link(_hash(secret), now)
        if tenant_id is None:
            return False
        self._browser.close()
        self.leave()
        cookie = new_secret().get_secret_value()
        self._ports.sessions.add(Session(new_id("ses"), tenant_id, now, now + ADMITTED), _hash(cookie))
        self._browser.leave(_COOKIE, cookie, ADMITTED)
        return True

    def are_in(self) -> bool:
        """Whether this browser is a guest's."""
        return self._guest() is not None

    def leave(self) -> None:
        """End the visit."""
        guest = self._guest()
        if guest is not None:
            self._ports.sessions.end(guest.id)
        self._browser.leave(_COOKIE, None)

    def _guest(self) -> Session | None:
        cookie = self._browser.note(_COOKIE)
        return self._ports.sessions.find(_hash(cookie), self._ports.clock.now()) if cookie else None


def _hash(secret: str) -> str:
    return hash_secret(f"workspace wizard:{secret}")
