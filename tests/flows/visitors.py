"""Browsers before the pages of a whole installation."""

from service.access.session import hash_secret, new_secret
from service.app import create_app
from service.wiring import Services
from tests.web.office import Browser


def signed_in(services: Services, tenant_id: str) -> Browser:
    """A browser that has used a login link of this tenant."""
    secret = new_secret().get_secret_value()
    now = services.ground.clock.now()
    services.ground.stores.sessions.add_login_link(
        tenant_id, hash_secret(secret), now.replace(year=now.year + 1), now
    )
    browser = Browser(create_app(services).test_client())
    assert browser.press(f"/login/{secret}").status_code == 303
    return browser
