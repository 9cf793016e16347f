"""The page of one mailbox: what it tells, and what its buttons do."""

import pytest
from pydantic import SecretStr

from service.connections.connection import AccountKind, Connection, ConnectionStatus
from service.connections.credential import Encryption, MailLogin, MailServer
from service.connections.ports import Mailbox
from service.connections.way import WayKind
from service.identifiers import new_id
from tests.web.office import Browser, Office

SERVER = MailServer("mail.muster.example", 587, Encryption.STARTTLS)


def add_way(office: Office, connection: Connection, kind: WayKind) -> None:
    """One way more, by a password."""
    login = MailLogin(
        new_id("log"), connection.tenant_id, connection.id, SERVER, "muster-1", SecretStr("geheim")
    )
    box = Mailbox(connection.address, None, AccountKind.CONSUMER, connection.id)
    office.stores.connections.add_login(connection.tenant_id, box, kind, login, office.clock.now())


def kinds(office: Office, connection: Connection) -> list[WayKind]:
    """Its route."""
    route = office.stores.connections.route(connection.tenant_id, connection.id)
    return [state.way.kind for state in route]


def press(browser: Browser, connection: Connection, path: str, **fields: str) -> str:
    """Press a button of the page, and read the page that it leads to."""
    answer = browser.press(f"/connections/{connection.id}/{path}", **fields)
    assert (answer.status_code, answer.location) == (303, f"/connections/{connection.id}")
    return browser.client.get(answer.location).text


def test_pause_and_resume(office: Office) -> None:
    """The buttons do what they say, and the page says that it was done."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    browser = office.signed_in(tenant)

    notice = press(browser, connection, "pause")
    paused = office.stores.connections.get(tenant.id, connection.id)
    press(browser, connection, "resume")

    assert paused.status is ConnectionStatus.PAUSED
    assert office.stores.connections.get(tenant.id, connection.id).status is ConnectionStatus.CONNECTED
    assert "rechnung@muster.de is paused. Its mail waits." in notice


def test_the_first_way_moved_up_stays_the_first(office: Office) -> None:
    """As another tab may ask for that has not seen the order change."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    for kind in (WayKind.APP_PASSWORD, WayKind.SMTP_SERVER):
        add_way(office, connection, kind)
    before = kinds(office, connection)

    press(office.signed_in(tenant), connection, "ways", up=before[0].value)

    assert kinds(office, connection) == before


def test_what_was_paused_and_needs_its_owner_is_not_said_to_send(office: Office) -> None:
    """Its access ended meanwhile, as the worker or another tab has seen: resuming does not mend that."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    entry = office.entry(connection)
    browser = office.signed_in(tenant)
    office.revoked(entry)
    press(browser, connection, "pause")

    page = press(browser, connection, "resume")

    assert "is no longer paused. Before it sends, it has to be connected again." in page
    assert "sends again" not in page


@pytest.mark.parametrize(
    ("kind", "account", "form"),
    [
        (WayKind.SMTP_SERVER, AccountKind.OTHER, "/connections/new/server"),
        (WayKind.RELAY, AccountKind.RELAY, "/workspace/relay"),
        (WayKind.APP_PASSWORD, AccountKind.CONSUMER, None),
    ],
)
def test_what_was_disconnected_is_connected_again_as_it_was(
    office: Office, kind: WayKind, account: AccountKind, form: str | None
) -> None:
    """A mailbox elsewhere by its server, not at Google, which does not know it."""
    tenant = office.tenant()
    login = MailLogin(new_id("log"), tenant.id, new_id("con"), SERVER, "muster-1", SecretStr("geheim"))
    box = Mailbox("rechnung@muster.example", None, account)
    store = office.stores.connections
    connection = store.add_login(tenant.id, box, kind, login, office.clock.now())
    store.disconnect(tenant.id, connection.id, office.clock.now())

    page = office.signed_in(tenant).get(f"/connections/{connection.id}").text

    assert ('action="/connect"' in page) is (form is None)
    assert form is None or f'class="btn btn-primary" href="{form}?connection={connection.id}"' in page


def test_what_is_broken_is_explained_and_its_mail_counted(office: Office) -> None:
    """The reason, the next step, how many mails wait, and one button that mends it."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    entry = office.entry(connection)
    office.entry(connection)
    office.revoked(entry)
    browser = office.signed_in(tenant)

    page = browser.get(f"/connections/{connection.id}").text
    listed = browser.get("/").text

    for text in ("Reconnect needed", "Google no longer accepts our access", "2 mails wait"):
        assert text in page
    assert page.count("btn-primary") == 1
    assert f'name="connection_id" value="{connection.id}"' in page
    assert "1 connection needs attention; 2 invoices are waiting." in listed
    assert f'<a href="/connections/{connection.id}">Reconnect</a>' in listed


def test_the_sender_name_is_changed_on_the_page(office: Office) -> None:
    """Saved, shown, and taken away again by an empty field."""
    tenant = office.tenant()
    connection = office.connection(tenant, name="Muster")
    browser = office.signed_in(tenant)

    page = press(browser, connection, "name", display_name=" Muster Rechnungen ")
    named = office.stores.connections.get(tenant.id, connection.id).display_name
    press(browser, connection, "name", display_name="")

    assert 'value="Muster Rechnungen"' in page
    assert named == "Muster Rechnungen"
    assert office.stores.connections.get(tenant.id, connection.id).display_name is None


@pytest.mark.parametrize("name", ["x" * 101, "Muster \u202eHbmG", "Muster\u200b GmbH"])
def test_a_sender_name_that_cannot_stand_in_a_mail_is_refused_at_its_field(office: Office, name: str) -> None:
    """422, what was typed is still there, nothing is changed."""
    tenant = office.tenant()
    connection = office.connection(tenant, name="Muster")

    answer = office.signed_in(tenant).press(f"/connections/{connection.id}/name", display_name=name)

    assert answer.status_code == 422
    assert name in answer.text
    assert "display_name-error" in answer.text
    assert office.stores.connections.get(tenant.id, connection.id) == connection


def test_another_mailbox_becomes_the_default(office: Office) -> None:
    """The first one was it by itself; the list marks it."""
    tenant = office.tenant()
    first, second = office.connection(tenant), office.connection(tenant, "info@muster.de")
    browser = office.signed_in(tenant)
    before = browser.get(f"/connections/{first.id}").text

    page = press(browser, second, "default")

    assert "Make default" not in before
    assert "info@muster.de is now the default." in page
    assert office.stores.connections.default(tenant.id) == second
    assert browser.get("/").text.count('class="pa-tag">Default<') == 1


def test_ways_are_moved_and_removed(office: Office) -> None:
    """Each button changes the route; the last way cannot be removed and says so nowhere."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    add_way(office, connection, WayKind.SMTP_SERVER)
    add_way(office, connection, WayKind.APP_PASSWORD)
    browser = office.signed_in(tenant)

    press(browser, connection, "ways", up="app_password")
    moved_up = kinds(office, connection)
    press(browser, connection, "ways", down="gmail_api")
    moved_down = kinds(office, connection)
    press(browser, connection, "ways", remove="smtp_server")
    page = press(browser, connection, "ways", remove="gmail_api")

    assert office.consent.left_out == [connection.id]
    assert moved_up == [WayKind.GMAIL_API, WayKind.APP_PASSWORD, WayKind.SMTP_SERVER]
    assert moved_down == [WayKind.APP_PASSWORD, WayKind.GMAIL_API, WayKind.SMTP_SERVER]
    assert kinds(office, connection) == [WayKind.APP_PASSWORD]
    assert 'name="remove"' not in page
    assert 'name="up"' not in page


@pytest.mark.parametrize("fields", [{}, {"up": "gmail_api", "down": "gmail_api"}, {"sideways": "gmail_api"}])
def test_a_button_that_there_is_not_changes_no_route(office: Office, fields: dict[str, str]) -> None:
    """400, and the route stands."""
    tenant = office.tenant()
    connection = office.connection(tenant)

    answer = office.signed_in(tenant).press(f"/connections/{connection.id}/ways", **fields)

    assert answer.status_code == 400
    assert kinds(office, connection) == [WayKind.GMAIL_API]


def test_a_way_that_was_removed_meanwhile_changes_nothing(office: Office) -> None:
    """The page of another tab was older."""
    tenant = office.tenant()
    connection = office.connection(tenant)

    press(office.signed_in(tenant), connection, "ways", remove="app_password")

    assert kinds(office, connection) == [WayKind.GMAIL_API]


def test_a_saved_password_is_never_shown_again(office: Office) -> None:
    """Dots, when it was set, the server and its user; and a link to replace it."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    add_way(office, connection, WayKind.SMTP_SERVER)

    page = office.signed_in(tenant).get(f"/connections/{connection.id}").text

    for text in ("••••", "mail.muster.example:587", "muster-1", "never shown again"):
        assert text in page
    assert f'href="/connections/new/server?connection={connection.id}"' in page
    assert "geheim" not in page


def test_a_page_survives_a_password_that_is_replaced_while_it_is_read(office: Office) -> None:
    """It shows the ways of one moment, whichever."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    add_way(office, connection, WayKind.SMTP_SERVER)
    browser = office.signed_in(tenant)
    office.database.meanwhile = lambda: add_way(office, connection, WayKind.SMTP_SERVER)

    page = browser.get(f"/connections/{connection.id}")

    assert page.status_code == 200
    assert page.text.count("mail.muster.example:587") == 1


def test_a_page_survives_a_disconnect_while_it_is_read(office: Office) -> None:
    """The next look tells it."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    add_way(office, connection, WayKind.SMTP_SERVER)
    browser = office.signed_in(tenant)
    store = office.stores.connections
    office.database.meanwhile = lambda: store.disconnect(tenant.id, connection.id, office.clock.now())

    assert browser.get(f"/connections/{connection.id}").status_code == 200
    assert "Disconnected" in browser.get(f"/connections/{connection.id}").text


def test_disconnect_asks_first(office: Office) -> None:
    """The question names the consequences and counts the mail; only its button disconnects."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    office.entry(connection)
    browser = office.signed_in(tenant)

    question = browser.get(f"/connections/{connection.id}/disconnect").text
    before = office.stores.connections.get(tenant.id, connection.id).status
    answer = browser.press(f"/connections/{connection.id}/disconnect")

    assert "other connections of the same Google account" in question
    assert "1 waiting mail stays on hold" in question
    assert "It is the default" in question
    assert before is ConnectionStatus.CONNECTED
    assert answer.location == "/"
    assert office.stores.connections.of_tenant(tenant.id) == []
    assert "is disconnected. The access is deleted." in browser.client.get("/").text


def test_a_disconnected_mailbox_has_a_page_that_leads_back(office: Office) -> None:
    """Its history links to it; it offers nothing but to connect again."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    office.stores.connections.disconnect(tenant.id, connection.id, office.clock.now())

    page = office.signed_in(tenant).get(f"/connections/{connection.id}").text

    assert "Disconnected" in page
    assert page.count('action="/connect"') == 1
    for path in ("test", "pause", "default", "name", "ways"):
        assert f"/connections/{connection.id}/{path}" not in page
