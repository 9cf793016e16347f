"""A mailbox of every way at a sandbox that is a process of its own, for workers that are killed."""

from dataclasses import dataclass

from service.connections.connection import Connection
from service.connections.way import WayKind
from service.consent.scopes import MAIL, SENDING, SMTP
from service.delegation.setup import Wanted
from service.mail.address import Address
from service.wiring import Services
from tests.harness import add_login, add_tenant, connect
from tests.sandbox_process import SandboxProcess

DOMAIN = "muster.example"
ACTOR = "test"


@dataclass(frozen=True)
class Fleet:
    """The mailboxes of one tenant, each with its one way."""

    tenant_id: str
    boxes: dict[WayKind, Connection]


def build_fleet(services: Services, sandbox: SandboxProcess) -> Fleet:
    """A mailbox for each way that there is."""
    tenant_id = add_tenant(services).id
    boxes = {
        WayKind.GMAIL_API: connect(services, tenant_id, _account(sandbox, WayKind.GMAIL_API)),
        WayKind.XOAUTH2: connect(
            services, tenant_id, _account(sandbox, WayKind.XOAUTH2), scopes=SENDING | SMTP
        ),
        **_delegated(services, sandbox, tenant_id),
    }
    for kind in (WayKind.APP_PASSWORD, WayKind.RELAY, WayKind.SMTP_SERVER):
        boxes[kind] = _logged_in(services, sandbox, tenant_id, kind)
    for kind, box in boxes.items():
        _keep_only(services, box, kind)
    return Fleet(tenant_id, boxes)


def app_password_box(services: Services, sandbox: SandboxProcess, tenant_id: str, address: str) -> Connection:
    """A mailbox that sends with an app password."""
    sandbox.order("accounts", address=address)
    server = services.ground.settings.gmail_smtp
    password = sandbox.app_password(address)
    return add_login(services, tenant_id, address, kind=WayKind.APP_PASSWORD, login=(server, password))


def _account(sandbox: SandboxProcess, kind: WayKind) -> str:
    address = f"{kind.value.replace('_', '-')}@{DOMAIN}"
    sandbox.order("accounts", address=address)
    return address


def _logged_in(services: Services, sandbox: SandboxProcess, tenant_id: str, kind: WayKind) -> Connection:
    address, settings = _account(sandbox, kind), services.ground.settings
    if kind is WayKind.APP_PASSWORD:
        return app_password_box(services, sandbox, tenant_id, address)
    if kind is WayKind.RELAY:
        return add_login(services, tenant_id, address, kind=kind, login=(settings.relay_smtp, None))
    login = (settings.gmail_submission, sandbox.app_password(address))
    return add_login(services, tenant_id, address, kind=kind, login=login)


def _delegated(services: Services, sandbox: SandboxProcess, tenant_id: str) -> dict[WayKind, Connection]:
    document = sandbox.service_account()
    sandbox.delegate(DOMAIN, document["client_id"], [MAIL])
    kinds = (WayKind.DELEGATION, WayKind.DELEGATION_XOAUTH2)
    addresses = [_account(sandbox, kind) for kind in kinds]
    wanted = Wanted(tuple(map(Address, addresses)), frozenset({MAIL}))
    made = services.delegations.add_with_key(tenant_id, document, wanted, ACTOR).made
    by_address = {box.address: box for box in made}
    return {kind: by_address[address] for kind, address in zip(kinds, addresses, strict=True)}


def _keep_only(services: Services, box: Connection, kind: WayKind) -> None:
    store = services.ground.stores.connections
    ways = [state.way for state in store.route(box.tenant_id, box.id) if state.way.kind is kind]
    store.reroute(box.tenant_id, box.id, ways, services.ground.clock.now())
