"""What a form has done is said on the page that it leads to: once, and to who listens as well."""

import json
import re
from collections.abc import Callable

import pytest

from service.access.keys import NewKey
from service.access.member import Role
from service.access.tenant import Tenant
from service.connections.identity import Identity
from service.identifiers import new_id, version_of
from service.outbox.entry import State
from service.web.told import SENTENCES, Done
from tests.fakes.delegations import ALICE, add_delegation, make_key_file
from tests.web.office import OPERATOR, Office
from tests.web.test_members import add as add_member

Form = tuple[str, dict[str, str]]
SAID = re.compile(r'role="status" tabindex="-1" autofocus>([^<]+)</p>')
OWN = "anna@muster.de"
# Forms whose answer is itself the page that tells it, and those of mailboxes, told by ``notices``.
TELL_THEMSELVES = {
    "add_login",
    "add_relay",
    "check_delegation",
    "check_domain",
    "create_key",
    "decide_consent",
    "disconnect",
    "make_default",
    "make_invitation",
    "make_login_link",
    "make_wizard_link",
    "pause",
    "rename",
    "reroute",
    "resume",
    "roll_key",
    "test",
}
# Forms that lead to another page, on which it is seen that they did.
LEAD_ON = {"connect", "enter", "enter_wizard", "follow_link", "language", "sign_in"}
OF_OPERATORS = {"add_tenant", "look_at"}


def _entry(office: Office, tenant: Tenant, what: str, state: State | None = None, **fields: str) -> Form:
    entry = office.entry(office.connection(tenant))
    if state is not None:
        office.tried(entry, state)
    return f"/messages/{entry.id}/{what}", fields


def _member(office: Office, tenant: Tenant, what: str, **fields: str) -> Form:
    add_member(office, tenant, "chef@muster.de", Role.ADMIN)
    return f"/settings/members/{add_member(office, tenant, 'ben@muster.de').id}/{what}", fields


def _key(office: Office, tenant: Tenant) -> Form:
    key, _ = office.keys.create(NewKey(new_id("key"), tenant.id, "", frozenset()))
    return f"/developers/keys/{key.id}/revoke", {}


def _delegation(office: Office, tenant: Tenant, what: str, **fields: str) -> Form:
    one = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    return f"/workspace/delegation/{one.id}/{what}", fields


def _elsewhere(office: Office, _tenant: Tenant) -> Form:
    """The same person in another company."""
    member = add_member(office, office.tenant("Andere AG"), OWN)
    return "/account/switch", {"member_id": member.id}


SAYING: dict[str, tuple[Done, Callable[[Office, Tenant], Form]]] = {
    "save_settings": (
        Done.SAVED,
        lambda _, tenant: (
            "/settings",
            {"name": "Muster", "uncertain_rule": "hold", "version": version_of(tenant)},
        ),
    ),
    "add_member": (
        Done.MEMBER_ADDED,
        lambda *_: ("/settings/members", {"address": "ben@muster.de", "role": "member"}),
    ),
    "change_role": (Done.ROLE_CHANGED, lambda office, tenant: _member(office, tenant, "role", role="admin")),
    "remove_member": (Done.MEMBER_REMOVED, lambda office, tenant: _member(office, tenant, "remove")),
    "switch": (Done.LOOKING, _elsewhere),
    "logout": (Done.SIGNED_OUT, lambda *_: ("/logout", {})),
    "logout_everywhere": (Done.SIGNED_OUT_EVERYWHERE, lambda *_: ("/account/logout", {})),
    "revoke_key": (Done.KEY_REVOKED, _key),
    "add_delegation": (
        Done.ACCOUNT_SAVED,
        lambda *_: ("/workspace/delegation", {"key": json.dumps(make_key_file())}),
    ),
    "set_senders": (
        Done.SENDERS_SAVED,
        lambda office, tenant: _delegation(office, tenant, "senders", senders=ALICE),
    ),
    "remove_delegation": (
        Done.DELEGATION_REMOVED,
        lambda office, tenant: _delegation(office, tenant, "remove"),
    ),
    "cancel": (Done.CANCELLED, lambda office, tenant: _entry(office, tenant, "cancel")),
    "resend": (Done.QUEUED_AGAIN, lambda office, tenant: _entry(office, tenant, "resend", State.FAILED)),
    "decide": (
        Done.WAS_SENT,
        lambda office, tenant: _entry(office, tenant, "decision", State.UNCERTAIN, outcome="sent"),
    ),
    "correct": (
        Done.CORRECTED,
        lambda office, tenant: _entry(office, tenant, "correct", State.FAILED, to="b@example.com"),
    ),
    "add_tenant": (Done.TENANT_ADDED, lambda *_: ("/tenants", {"name": "Neue GmbH"})),
    "look_at": (Done.LOOKING, lambda _office, tenant: (f"/tenants/{tenant.id}/look", {})),
}


def test_no_form_ends_in_silence(office: Office) -> None:
    """Each says what it did, or its answer shows it: there is no other."""
    posts = {
        rule.endpoint.removeprefix("web.")
        for rule in office.app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
    }

    assert posts == {*SAYING, *TELL_THEMSELVES, *LEAD_ON}


@pytest.mark.parametrize("name", SAYING)
def test_what_was_done_is_said_once(office: Office, name: str) -> None:
    """After the redirect, also without scripts; opened again the page is as ever."""
    done, make = SAYING[name]
    tenant = office.tenant()
    add_member(office, tenant, OWN, Role.ADMIN)
    path, fields = make(office, tenant)
    browser = office.browser()
    office.by_google(browser, Identity("sub-1", OPERATOR if name in OF_OPERATORS else OWN))

    answer = browser.press(path, **fields)
    first, again = browser.get(answer.location).text, browser.get(answer.location).text

    assert answer.status_code == 303
    assert SAID.findall(first) == [str(SENTENCES[done])]
    assert SAID.findall(again) == []


def test_a_page_that_looks_again_says_nothing(office: Office) -> None:
    """A list in another tab asks all the time; the sentence is for the person's own click."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    path, fields = _entry(office, tenant, "cancel")
    answer = browser.press(path, **fields)

    poll = browser.client.get("/messages", headers={"HX-Request": "true"}).text

    assert SAID.findall(poll) == []
    assert SAID.findall(browser.get(answer.location).text) == [str(SENTENCES[Done.CANCELLED])]


def test_a_browser_can_be_told_only_what_we_say(office: Office) -> None:
    """The word in its cookie picks one of our sentences; any other picks none."""
    browser = office.browser()
    browser.client.set_cookie("postausgang-told", "<script>alert(1)</script>")

    page = browser.get("/").text

    assert SAID.findall(page) == []
    assert "alert(1)" not in page
