"""Control API and page for SMTP, app passwords, relay and delegation, as another process sees them."""

from typing import Any

import pytest
import requests

from service.sandbox.server import Sandbox
from tests.sandbox.conftest import MIA, Program, mail
from tests.sandbox.smtp_client import FIRMA, TO, relay_talk, secure_talk
from tests.sandbox.test_control import ask


def test_smtp_tells_its_ports_and_takes_options(program: Program, sandbox: Sandbox) -> None:
    """All at once, and only those of the right type."""
    answer = ask(program, "GET", "/sandbox/smtp").json()
    assert answer["ports"] == {
        "smtps": sandbox.smtps_port,
        "submission": sandbox.submission_port,
        "relay": sandbox.relay_port,
        "relay_smtps": sandbox.relay_smtps_port,
    }
    assert answer["ca_path"] == str(sandbox.ca_path)
    assert answer["options"]["size"] == 35_882_577

    changed = ask(program, "POST", "/sandbox/smtp", {"chunking": False, "size": 1000, "expired_token": "535"})

    assert changed.status_code == 204
    assert (sandbox.google.smtp.chunking, sandbox.google.smtp.size) == (False, 1000)
    assert sandbox.google.smtp.expired_token == "535"


def test_app_passwords_are_made_and_revoked(program: Program, sandbox: Sandbox) -> None:
    """By the address of the account."""
    password = ask(program, "POST", "/sandbox/app-passwords", {"account": MIA}).json()["password"]
    assert sandbox.google.passwords.fits(MIA, password)

    assert ask(program, "DELETE", "/sandbox/app-passwords", {"account": MIA}).status_code == 204
    assert not sandbox.google.passwords.fits(MIA, password)


def test_the_relay_is_set_up(program: Program, sandbox: Sandbox) -> None:
    """Addresses, senders, sign-in."""
    order = {"allow": ["192.0.2.7"], "deny": ["127.0.0.1"], "senders": "users", "requires_auth": True}

    assert ask(program, "POST", "/sandbox/relay", order).status_code == 204
    assert ask(program, "GET", "/sandbox/relay").json() == {
        "addresses": ["192.0.2.7", "::1"],
        "senders": "users",
        "requires_auth": True,
        "requires_tls": False,
        "domains": ["beispiel.example"],
    }


def test_a_service_account_is_made_and_delegated(program: Program, sandbox: Sandbox) -> None:
    """Key file, list, workload, and the end of each."""
    file = ask(program, "POST", "/sandbox/service-accounts").json()
    entry = {"domain": "beispiel.example", "client_id": file["client_id"], "scopes": ["a", "b"]}
    assert file["token_uri"] == f"{sandbox.url}/token"
    assert ask(program, "POST", "/sandbox/delegations", entry).status_code == 204
    assert ask(program, "GET", "/sandbox/delegations").json() == [entry]

    token = ask(program, "POST", "/sandbox/workloads", {"service_account": file["client_email"]}).json()
    assert sandbox.google.tokens.find_access(token["access_token"]) is not None

    key = {name: entry[name] for name in ("domain", "client_id")}
    assert ask(program, "DELETE", "/sandbox/delegations", key).status_code == 204
    assert ask(program, "GET", "/sandbox/delegations").json() == []
    account = sandbox.google.service_accounts.find(file["client_email"])
    assert account is not None
    path = f"/sandbox/service-accounts/{file['client_email']}"
    assert ask(program, "PATCH", path, {"state": "disabled"}).status_code == 204
    assert (
        ask(program, "DELETE", f"/sandbox/service-accounts/keys/{file['private_key_id']}").status_code == 204
    )
    assert (account.state, account.keys) == ("disabled", {})


def test_limits_groups_and_pending_aliases(program: Program, sandbox: Sandbox) -> None:
    """What the rest of the traps needs."""
    ask(program, "POST", "/sandbox/limits", {"account": MIA, "messages": 0})
    ask(program, "POST", "/sandbox/limits", {"account": FIRMA, "messages": 0, "relay": True})
    ask(program, "POST", "/sandbox/groups", {"address": "team@beispiel.example"})
    ask(
        program, "POST", "/sandbox/accounts", {"address": FIRMA, "aliases": ["a@x.de"], "pending": ["b@x.de"]}
    )

    assert sandbox.google.limits.is_reached(MIA)
    assert sandbox.google.limits.is_reached(FIRMA, by_relay=True)
    assert not sandbox.google.limits.is_reached(FIRMA)
    assert sandbox.google.directory.is_group("team@beispiel.example")
    listed = program.get("me/settings/sendAs", program.bearer("settings.basic")).json()
    assert len(listed["sendAs"]) == 1
    header = {"Authorization": f"Bearer {sandbox.google.tokens.issue_access(FIRMA, 'c', _SETTINGS)}"}
    listed = program.get("me/settings/sendAs", header).json()["sendAs"]
    assert [(one["sendAsEmail"], one.get("verificationStatus")) for one in listed] == [
        (FIRMA, None), ("a@x.de", "accepted"), ("b@x.de", "pending")
    ]  # fmt: skip


def test_what_was_rejected_is_shown(program: Program, sandbox: Sandbox) -> None:
    """As it came."""
    with secure_talk(sandbox) as talk:
        talk.mail()
        talk.data(mail(body="a\nb") + b"\r\n")

    [rejected] = ask(program, "GET", "/sandbox/rejected").json()

    assert rejected["fault"] == "smtp_violation"
    assert (rejected["sender"], rejected["recipients"], rejected["code"]) == (MIA, [TO], 451)
    assert rejected["content"] == (mail(body="a\nb") + b"\r\n").decode()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "smtp", {"chunking": "no"}),
        ("POST", "smtp", {"colour": True}),
        ("POST", "smtp", {"expired_token": "200"}),
        ("POST", "relay", {"senders": "nobody"}),
        ("POST", "relay", {"allow": "127.0.0.1"}),
        ("POST", "relay", {"allow": [7]}),
        ("POST", "limits", {"account": MIA, "messages": "many"}),
        ("POST", "limits", {"messages": 1}),
        ("POST", "app-passwords", {}),
        ("POST", "workloads", {"service_account": "nobody"}),
        ("POST", "delegations", {"domain": "x"}),
        ("PATCH", "service-accounts/nobody", {"state": "active"}),
    ],
)
def test_wrong_calls_are_told(program: Program, method: str, path: str, body: Any) -> None:
    """400 with a problem that says where."""
    answer = ask(program, method, f"/sandbox/{path}", body)

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["detail"]


def test_the_page_shows_all_of_it(program: Program, sandbox: Sandbox) -> None:
    """Ports, relay, delegation; a button makes an app password and shows it once, in groups of four."""
    file = sandbox.service_account()
    sandbox.google.delegations.allow("beispiel.example", file["client_id"], ["scope-of-it"])
    page = ask(program, "GET", "/workspace").text
    made = _press(sandbox, "same-origin")

    assert all(
        text in page for text in (str(sandbox.smtps_port), "127.0.0.1", "scope-of-it", file["client_email"])
    )
    assert "/workspace" in ask(program, "GET", "/").text
    groups = made.text.partition("<pre>")[2].partition("</pre>")[0]
    assert len(groups.split(" ")) == 4
    assert sandbox.google.passwords.fits(MIA, groups.replace(" ", ""))


def test_a_foreign_page_cannot_press_the_button(sandbox: Sandbox) -> None:
    """Nor can anybody make one for an account that is none."""
    assert _press(sandbox, "cross-site").status_code == 403
    assert _press(sandbox, "same-origin", "nobody@gmail.com").status_code == 404


def test_the_consoles_are_operated_by_hand(sandbox: Sandbox) -> None:
    """A service account with its key, an entry of delegation and the relay's addresses, there and away."""
    google = sandbox.google
    made = _press_at(sandbox, "service-accounts")
    client_id = made.json()["client_id"]
    entry = {"domain": "beispiel.example", "client_id": client_id}

    assert "attachment" in made.headers["Content-Disposition"]
    assert _press_at(sandbox, "delegations", **entry, scopes="https://one, https://two").status_code == 200
    assert google.delegations.scopes_of("beispiel.example", client_id) == frozenset(
        {"https://one", "https://two"}
    )
    _press_at(sandbox, "delegations/delete", **entry)
    assert google.delegations.scopes_of("beispiel.example", client_id) is None
    _press_at(sandbox, "relay/deny", ip="127.0.0.1")
    assert not google.relay.allows("127.0.0.1")
    assert "127.0.0.1" in _press_at(sandbox, "relay/allow", ip=" 127.0.0.1 ").text
    assert google.relay.allows("127.0.0.1")


def test_the_consoles_take_no_nonsense_and_no_foreign_page(sandbox: Sandbox) -> None:
    """No address that is none, no domain of nobody; and every button only from the page itself."""
    places = ("service-accounts", "delegations", "delegations/delete", "relay/allow", "relay/deny")

    assert [_press_at(sandbox, place, "cross-site").status_code for place in places] == [403] * 5
    assert _press_at(sandbox, "relay/allow", ip="mein Server").status_code == 400
    assert _press_at(sandbox, "delegations", domain="x.example", client_id="1", scopes="s").status_code == 404
    assert not sandbox.google.delegations.all()
    assert not sandbox.google.service_accounts.all()


def test_mailbox_pages_show_the_way(program: Program, sandbox: Sandbox) -> None:
    """API, SMTP and relay; what the relay took is there for people, though in nobody's Sent."""
    program.upload(mail(), program.bearer("send"))
    with secure_talk(sandbox) as talk:
        talk.mail()
        talk.data(mail() + b"\r\n")
    with relay_talk(sandbox) as talk:
        talk.mail(sender=FIRMA)
        talk.data(mail(sender=FIRMA) + b"\r\n")

    customer = ask(program, "GET", f"/mailboxes/{TO}").text
    assert [f"<td>{way}</td>" in customer for way in ("api", "smtp", "relay")] == [True] * 3
    assert "<td>Relayed</td><td>relay</td>" in ask(program, "GET", f"/mailboxes/{FIRMA}").text


def test_a_changed_password_ends_tokens_and_app_passwords(program: Program, sandbox: Sandbox) -> None:
    """Of that account, and of no other (google.md §1.5, §8)."""
    refresh, mine = program.connect()["refresh_token"], sandbox.google.app_password(MIA)
    other = sandbox.google.app_password(FIRMA)

    assert ask(program, "POST", "/sandbox/change-password", {"account": MIA}).status_code == 204

    assert program.token("refresh_token", refresh_token=refresh).json()["error"] == "invalid_grant"
    assert not sandbox.google.passwords.fits(MIA, mine)
    assert sandbox.google.passwords.fits(FIRMA, other)


_SETTINGS = frozenset({"https://www.googleapis.com/auth/gmail.settings.basic"})


def _press(sandbox: Sandbox, site: str, account: str = MIA) -> requests.Response:
    return _press_at(sandbox, "app-passwords", site, account=account)


def _press_at(sandbox: Sandbox, place: str, site: str = "same-origin", **fields: str) -> requests.Response:
    return requests.post(
        f"{sandbox.url}/workspace/{place}", data=fields, headers={"Sec-Fetch-Site": site}, timeout=30
    )
