"""What the web process writes to its log of a fault."""

import logging

import pytest

from service.access.session import new_secret
from service.app import Application


def test_a_fault_is_logged_without_the_secret_of_a_link(caplog: pytest.LogCaptureFixture) -> None:
    """The rule stands in the log, where Flask would write the path with the one-time secret in it."""
    app = Application("service")
    secret = new_secret().get_secret_value()

    @app.get("/login/<secret>")
    def broken(secret: str) -> str:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR):
        answer = app.test_client().get(f"/login/{secret}")

    assert answer.status_code == 500
    assert "Exception on /login/<secret> [GET]" in caplog.text
    assert secret not in caplog.text
