"""Every secret that goes through the pages is given out or typed in once, used, and left in a wrong place."""

import json
from urllib.parse import parse_qs, urlencode, urlsplit

from service.access.member import Role
from service.access.session import Standing
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.flows.visits import API_KEY, CONNECT, LOGIN, WIZARD, Person, Visits
from tests.harness import give_consent

_WRONG_PASSWORD = "kanarienvogelabc"
_PAGES = (
    "/",
    "/messages",
    "/developers",
    "/developers/keys",
    "/settings",
    "/settings/members",
    "/workspace",
    "/workspace/hand-over",
    "/setup",
    "/account",
    "/nothing",
)


def plant(services: Services, sandbox: Sandbox, tenant_id: str, api_key: str) -> Visits:
    """All visits to the web process that runs at the settings' address."""
    visits = Visits(services.ground.settings.public_url)
    admin = _come_by_login_links(services, visits, tenant_id)
    _come_by_session_links(visits, api_key)
    _make_keys(visits, admin)
    _connect_by_link(visits, api_key)
    _hand_over(visits, admin, sandbox.service_account())
    _type_passwords(visits, admin, sandbox)
    for page in _PAGES:
        admin.get(page)
    return visits


def _come_by_login_links(services: Services, visits: Visits, tenant_id: str) -> Person:
    """An operator by one from the command line, an admin by the operator's; a third one is only looked at."""
    operator, admin = Person(visits, "operator"), Person(visits, "admin")
    first = services.administration.session_links.login(Standing(Role.OPERATOR, None)).rpartition("/")[2]
    visits.secrets["operator's login link"] = first
    operator.follow("/login/", first)
    for name in ("login link", "unused login link"):
        visits.given(name, LOGIN, operator.pressed(f"/tenants/{tenant_id}/login-link", role="admin"))
    operator.get("/tenants")
    admin.follow("/login/", visits.secrets["login link"])
    unused = visits.secrets["unused login link"]
    Person(visits, "scanner").get(f"/login/{unused}", shows=unused)
    return admin


def _come_by_session_links(visits: Visits, api_key: str) -> None:
    body = {"role": "admin", "return_url": "https://app.example/kunden/42"}
    for name in ("session link", "unused session link"):
        visits.given(name, LOGIN, visits.call("POST", "/v1/session-links", api_key, json=body))
    customer = Person(visits, "customer")
    customer.follow("/login/", visits.secrets["session link"])
    unused = visits.secrets["unused session link"]
    Person(visits, "scanner").get(f"/login/{unused}", shows=unused)
    for page in _PAGES:
        customer.get(page)


def _make_keys(visits: Visits, admin: Person) -> None:
    """One is made and one replaces it; both are used, and sent where no key belongs."""
    fields = {"name": "Buchhaltung", "rights": "full", "lifetime": "90"}
    key = visits.given("API key of the page", API_KEY, admin.pressed("/developers/keys", **fields))
    listed = visits.keep(visits.call("GET", "/v1/tenant", key))
    assert listed.status_code == 200
    link = admin.get("/developers/keys").text.partition('href="/developers/keys/key_')[2].partition('"')[0]
    rolled = admin.pressed(f"/developers/keys/key_{link}/roll", overlap="24")
    visits.given("API key that replaces it", API_KEY, rolled)
    admin.get(f"/developers/keys/key_{link}")
    for name in ("API key of the page", "API key that replaces it"):
        secret = visits.secrets[name]
        visits.keep(visits.call("GET", f"/v1/tenant?api_key={secret}", secret))
        visits.keep(visits.call("GET", "/v1/tenant", f"{secret}x"))
        visits.keep(visits.call("POST", "/v1/messages", secret, data="{"))


def _connect_by_link(visits: Visits, api_key: str) -> None:
    """With all that comes along: state and code are in an address of ours, and nowhere else."""
    for name in ("connect link", "unused connect link"):
        body = {"purpose": "Rechnungsversand"}
        visits.given(name, CONNECT, visits.call("POST", "/v1/connect-links", api_key, json=body))
    unused = visits.secrets["unused connect link"]
    Person(visits, "scanner").get(f"/connect/{unused}", shows=unused)
    owner, link = Person(visits, "owner"), visits.secrets["connect link"]
    owner.get(f"/connect/{link}", shows=link)
    leaving = owner.pressed(f"/connect/{link}").headers["Location"]
    visits.secrets["state"] = parse_qs(urlsplit(leaving).query)["state"][0]
    answer = give_consent(leaving, "neu@muster.example")
    visits.secrets["code"] = answer["code"]
    confirm = owner.get(f"/consent/callback?{urlencode(answer)}").headers["Location"]
    owner.get(confirm)
    assert "neu@muster.example" in owner.press(confirm, decision="confirm").text
    owner.get(f"/connect/{link}", shows=link)
    owner.get(f"/consent/callback?{urlencode(answer)}", shows=answer["state"])


def _hand_over(visits: Visits, admin: Person, key_file: dict[str, str]) -> None:
    """The Workspace's admin comes by a link, and pastes the key of a service account, well and badly."""
    visits.secrets["key of the page's service account"] = key_file["private_key"].split("\n")[3]
    for name in ("wizard link", "unused wizard link"):
        visits.given(name, WIZARD, admin.pressed("/workspace/hand-over"))
    unused = visits.secrets["unused wizard link"]
    Person(visits, "scanner").get(f"/workspace/link/{unused}", shows=unused)
    guest = Person(visits, "guest")
    guest.follow("/workspace/link/", visits.secrets["wizard link"])
    wrong = [json.dumps(key_file | {"type": "external_account"}), json.dumps(key_file)[:-9]]
    for key in wrong:
        assert guest.press("/workspace/delegation", key=key).status_code == 422
    made = guest.press("/workspace/delegation", key=json.dumps(key_file))
    assert made.status_code == 303
    page = made.headers["Location"]
    guest.press(f"{page}/senders", senders="chefin@muster.example")
    guest.press(f"{page}/check", sender="chefin@muster.example")
    guest.get(page)


def _type_passwords(visits: Visits, admin: Person, sandbox: Sandbox) -> None:
    """The right one and wrong ones, in every form that has a field for them."""
    address = "zweite@muster.example"
    sandbox.google.add_account(address)
    password = sandbox.google.app_password(address)
    visits.secrets |= {"app password of the page": password, "wrong password of the page": _WRONG_PASSWORD}
    server = {"address": address, "host": "localhost", "port": "1", "encryption": "tls"}
    for path, fields, status in (
        ("/connections/new/app-password", {"address": address, "password": _WRONG_PASSWORD}, 422),
        ("/connections/new/app-password", {"address": "", "password": password}, 422),
        ("/connections/new/app-password", {"address": address, "password": password}, 303),
        ("/connections/new/server", server | {"password": _WRONG_PASSWORD}, 422),
        ("/workspace/relay", {"address": address, "password": _WRONG_PASSWORD}, 422),
    ):
        answer = admin.press(path, **fields)
        assert answer.status_code == status, answer.text
