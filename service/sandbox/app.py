"""The sandbox's WSGI application: every route of its Google over one state."""

from flask import Flask, Response

from service.sandbox.authorize import create_authorize
from service.sandbox.console import create_console
from service.sandbox.control import create_control
from service.sandbox.gmail import create_gmail
from service.sandbox.google import Google
from service.sandbox.iam import create_iam
from service.sandbox.metadata import create_metadata
from service.sandbox.oauth import create_oauth
from service.sandbox.pages import create_pages
from service.sandbox.play import drop
from service.sandbox.workspace_control import create_workspace_control

_MAX_FORM_BYTES = 16 * 1024 * 1024


def create_app(google: Google) -> Flask:
    """All routes. Only ``wire.Server`` can run it: faults need its connections."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_FORM_BYTES  # uploads read the stream themselves
    for create in (
        create_authorize,
        create_oauth,
        create_gmail,
        create_iam,
        create_metadata,
        create_pages,
        create_console,
        create_control,
        create_workspace_control,
    ):
        app.register_blueprint(create(google))
    app.register_error_handler(ConnectionError, _left)
    return app


def _left(_error: ConnectionError) -> Response:
    """The client left in the middle of its request, so nobody waits for an answer."""
    return drop()
