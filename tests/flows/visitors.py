"""Browsers before the pages of a whole installation."""

from service.access.member import Role
from service.access.session import Standing
from service.app import create_app
from service.wiring import Services
from tests.web.office import Browser


def signed_in(services: Services, tenant_id: str) -> Browser:
    """A browser that has used a login link of this tenant."""
    secret = services.administration.session_links.login(Standing(Role.ADMIN, tenant_id)).rpartition("/")[2]
    browser = Browser(create_app(services).test_client())
    assert browser.press(f"/login/{secret}").status_code == 303
    return browser
