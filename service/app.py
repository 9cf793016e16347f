"""The web process: the API and the pages in one Flask application, under gunicorn."""

import atexit
import gc
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from flask import Flask, Response, request
from gunicorn.app.base import BaseApplication

from service import settings as settings_module
from service.api import ApiPorts, create_api
from service.cores import stay_on_a_free_core
from service.log import configure_log
from service.settings import Settings
from service.web import WebPorts, create_web, init_web
from service.wiring import Services, build

GRACE_S = 30
_View = TypeVar("_View", bound=Callable[..., Any])
_Trouble = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class Application(Flask):
    """Flask, but for what it writes of a fault, and without a look for coroutines at every call."""

    def ensure_sync(self, func: _View) -> _View:
        """The function as it is: none of ours is a coroutine, and Flask would ask three times a request."""
        return func

    def log_exception(self, exc_info: _Trouble) -> None:
        """Name the rule and not the path, as Flask does: the path of a one-time link is a secret."""
        self.logger.error("Exception on %s [%s]", request.url_rule, request.method, exc_info=exc_info)


def create_app(services: Services) -> Flask:
    """The application over already built services."""
    app = Application("service", static_folder=None, template_folder=None)
    app.url_map.strict_slashes = True
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
    init_web(app, _web_ports(services))
    app.register_blueprint(create_web(_web_ports(services)))
    app.register_blueprint(create_api(_api_ports(services)))
    _add_health(app, services)
    return app


def from_environment() -> Flask:
    """The application of this process's settings, for any WSGI server that takes a factory."""
    loaded = settings_module.load()
    configure_log(loaded)
    if loaded.on_one_core:
        stay_on_a_free_core(f"web-{loaded.port}")  # the processes of one server share its port
    services = build(loaded)
    atexit.register(services.close)
    app = create_app(services)
    gc.collect()
    gc.freeze()  # what is built now lives on: looking through it again and again cost 6 % of a post
    return app


def run_web(loaded: Settings) -> None:
    """Serve until SIGTERM, under gunicorn with threads."""
    _Gunicorn(loaded).run()


class _Gunicorn(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn without a configuration file; the services are built after the fork."""

    def __init__(self, loaded: Settings) -> None:
        self._settings = loaded
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "workers": self._settings.web_processes,
            "worker_class": "gthread",
            "threads": self._settings.web_threads,
            "graceful_timeout": GRACE_S,
            "keepalive": 15,
            "control_socket_disable": True,
            "proc_name": "postausgang-web",
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return from_environment()


def _add_health(app: Flask, services: Services) -> None:
    @app.get("/healthz")
    def alive() -> Response:
        """The process answers."""
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def ready() -> Response:
        """The database answers too."""
        services.ground.stores.tenants.all()
        return Response("ready\n", mimetype="text/plain")


def _api_ports(services: Services) -> ApiPorts:
    stores = services.ground.stores
    return ApiPorts(
        keys=stores.api_keys,
        tenants=stores.tenants,
        connections=stores.connections,
        outbox=stores.outbox,
        submit=services.submit,
        correct=services.correct,
        consent=services.consent,
        links=services.links,
        session_links=services.administration.session_links,
        logins=services.logins,
        delegations=services.delegations,
        delegation_check=services.delegation_check,
        domain_check=services.domain_check,
        retention=services.administration.retention,
        test_mail=services.trial_mail.send,
        spool=services.spool,
        clock=services.ground.clock,
        settings=services.ground.settings,
    )


def _web_ports(services: Services) -> WebPorts:
    stores = services.ground.stores
    return WebPorts(
        sessions=stores.sessions,
        tenants=stores.tenants,
        connections=stores.connections,
        outbox=stores.outbox,
        correct=services.correct,
        accounts=stores.members,
        members=services.administration.members,
        session_links=services.administration.session_links,
        sign_in=services.administration.sign_in,
        consent=services.consent,
        links=services.links,
        logins=services.logins,
        delegations=services.delegations,
        delegation_check=services.delegation_check.running,
        domain_check=services.domain_check.running,
        keys=services.administration.keys,
        doctor=services.administration.doctor,
        retention=services.administration.retention,
        test_mail=services.trial_mail.send,
        clock=services.ground.clock,
        settings=services.ground.settings,
        authorization_origin=services.client.auth_origin,
        client_id=services.client.client_id,
        incidents=stores.incidents.open_of_tenant,
    )
