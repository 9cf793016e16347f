"""Google's authorization page: chooser, boxes, buttons, and what is never redirected."""

import pytest

from service.sandbox.server import Sandbox
from tests.sandbox.conftest import AUTH, CALLBACK, MIA, SENDING, Program, callback


def test_the_account_chooser_lists_every_account(program: Program) -> None:
    """Without an account chosen, the page offers all and a field for another."""
    page = program.look()

    assert page.status_code == 200
    assert all(account.address in page.text for account in program.sandbox.google.directory.accounts())
    assert 'type="email"' in page.text
    assert "not Google" in page.text


def test_the_page_speaks_german_when_the_browser_does(program: Program) -> None:
    """``hl`` and Accept-Language choose between English and German."""
    assert "Konto auswählen" in program.look(hl="de").text


def test_a_send_box_is_there_and_not_ticked(program: Program) -> None:
    """Granular consent: with sign-in scopes even one further scope gets a box, unticked."""
    page = program.look(sandbox_account=MIA).text

    assert f'name="sandbox_scope" value="{AUTH}gmail.send"' in page
    assert "checked" not in page


def test_one_scope_alone_has_no_box(program: Program) -> None:
    """Exactly one non-sign-in scope and nothing else is granted by the button alone."""
    page = program.look(sandbox_account=MIA, scope=f"{AUTH}gmail.send").text
    answer = callback(program.decide(scope=f"{AUTH}gmail.send", sandbox_all=None))

    assert "sandbox_scope" not in page
    assert answer["scope"] == f"{AUTH}gmail.send"


def test_allow_gives_code_state_and_scope(program: Program) -> None:
    """The callback gets what Google sends, with the state as it came."""
    answer = callback(program.decide(state="ä &="))

    assert answer["state"] == "ä &="
    assert answer["code"].startswith("4/0A")
    assert f"{AUTH}gmail.send" in answer["scope"]
    assert (answer["authuser"], answer["prompt"]) == ("0", "consent")


def test_an_unticked_box_is_not_granted(program: Program) -> None:
    """The person can sign in and leave the send box empty."""
    answer = callback(program.decide(sandbox_all=None))

    assert set(answer["scope"].split()) == {"openid", f"{AUTH}userinfo.email"}


def test_single_boxes_can_be_ticked(program: Program) -> None:
    """Of two boxes one can be granted."""
    both = f"openid {AUTH}gmail.send {AUTH}gmail.metadata"

    answer = callback(program.decide(scope=both, sandbox_all=None, sandbox_scope=f"{AUTH}gmail.send"))

    assert set(answer["scope"].split()) == {"openid", f"{AUTH}gmail.send"}


def test_cancel_comes_back_as_access_denied(program: Program) -> None:
    """Cancel redirects with the error and the state."""
    assert callback(program.decide(decision="cancel")) == {"state": "the state", "error": "access_denied"}


def test_a_typed_address_becomes_an_account(program: Program) -> None:
    """Use another account: outside gmail.com it is a Workspace account with its domain."""
    answer = callback(program.decide("neu@firma.example"))

    assert answer["hd"] == "firma.example"
    assert program.sandbox.google.directory.find_account("NEU@firma.example") is not None


def test_a_second_visit_without_prompt_asks_nothing(program: Program) -> None:
    """What was granted once is given at once when no prompt is asked for."""
    program.connect()

    answer = callback(program.look(prompt=None, login_hint=MIA))

    assert "refresh_token" not in program.token(code=answer["code"]).json()


def test_login_hint_skips_the_chooser_unless_it_was_asked_for(program: Program) -> None:
    """``select_account`` shows the chooser, with the hinted account first."""
    assert "sandbox_decision" in program.look(login_hint=MIA).text
    page = program.look(login_hint="jonas.weber@beispiel.example", prompt="consent select_account").text
    assert page.index("jonas.weber@") < page.index(MIA)


@pytest.mark.parametrize(
    ("hint", "error"), [(None, "login_required"), (MIA, "interaction_required")], ids=["nobody", "no consent"]
)
def test_prompt_none_never_shows_a_page(program: Program, hint: str | None, error: str) -> None:
    """It answers with an error when a page would be needed."""
    assert callback(program.look(prompt="none", login_hint=hint))["error"] == error


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": None}, "invalid_request"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": f"{CALLBACK}/"}, "redirect_uri_mismatch"),
        ({"redirect_uri": CALLBACK.replace("127.0.0.1", "localhost")}, "redirect_uri_mismatch"),
        ({"response_type": "token"}, "invalid_request"),
        ({"scope": None}, "invalid_request"),
        ({"scope": "openid gmail.sent"}, "invalid_scope"),
        ({"access_type": "always"}, "invalid_request"),
        ({"prompt": "none consent"}, "invalid_request"),
        ({"prompt": "please"}, "invalid_request"),
        ({"code_challenge": "x", "code_challenge_method": "S512"}, "invalid_request"),
        ({"sandbox_account": "no address"}, "invalid_request"),
    ],
)
def test_a_wrong_request_is_shown_and_never_redirected(
    program: Program, changes: dict[str, str | None], error: str
) -> None:
    """Google shows these on its own page; the callback hears nothing."""
    page = program.look(**changes)

    assert page.status_code >= 400
    assert "Location" not in page.headers
    assert f": {error}" in page.text


def test_the_client_can_be_off_or_restricted(program: Program, sandbox: Sandbox) -> None:
    """Disabled, deleted, Internal and Testing clients are refused as Google does."""
    client = sandbox.google.directory.clients()[0]
    seen = []
    for state in ("disabled", "deleted"):
        client.state = state
        seen.append(program.look().text)
    client.state, client.internal_domain = "active", "beispiel.example"
    seen.append(program.decide(MIA).text)
    client.internal_domain, client.test_users = None, frozenset()
    seen.append(program.decide(MIA).text)

    names = ("disabled_client", "deleted_client", "org_internal", "access_denied")
    assert all(name in page for name, page in zip(names, seen, strict=True))


def test_an_embedded_browser_is_refused(program: Program) -> None:
    """Web views get disallowed_useragent."""
    program.http.headers["User-Agent"] = "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36"

    assert "disallowed_useragent" in program.look().text


def test_what_came_in_the_request_is_escaped(program: Program) -> None:
    """No parameter becomes markup."""
    page = program.look(state='"><script>alert(1)</script>', sandbox_account=MIA)

    assert "<script>" not in page.text
    assert SENDING.split()[2] in page.text
