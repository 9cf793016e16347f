"""Signing in and out."""

import re

from tests.web.office import Office


def test_a_stranger_is_told_how_to_get_a_login_link(office: Office) -> None:
    """Without a session the start page names the command that makes a link, and nothing of any tenant."""
    office.connection(office.tenant("Geheim AG"))

    page = office.browser().get("/")

    assert page.status_code == 200
    assert "postausgang login-link" in page.text
    assert "Geheim AG" not in page.text


def test_opening_a_login_link_does_not_use_it_up(office: Office) -> None:
    """A mail scanner that opens the link leaves it working; only the button signs in."""
    secret = office.login_secret(office.tenant())
    for _ in range(3):
        assert office.browser().get(f"/login/{secret}").status_code == 200

    browser = office.browser()
    answer = browser.press(f"/login/{secret}")

    assert (answer.status_code, answer.location) == (303, "/")
    assert "Muster GmbH" in browser.get("/").text


def test_a_login_link_works_once(office: Office) -> None:
    """The second use is refused with a page that says so, and signs nobody in."""
    secret = office.login_secret(office.tenant())
    office.browser().press(f"/login/{secret}")

    browser = office.browser()
    answer = browser.press(f"/login/{secret}")

    assert answer.status_code == 404
    assert "login-link-invalid" in answer.text
    assert "Muster GmbH" not in browser.get("/").text


def test_a_login_link_ends_after_half_an_hour(office: Office) -> None:
    """An old link signs nobody in."""
    secret = office.login_secret(office.tenant())
    office.clock.advance(30 * 60 + 1)

    assert office.browser().press(f"/login/{secret}").status_code == 404


def test_login_gives_a_new_secret(office: Office) -> None:
    """The cookie from before the login is worth nothing afterwards (no session fixation)."""
    browser = office.browser()
    browser.get("/")
    before = browser.client.get_cookie("postausgang")

    browser.press(f"/login/{office.login_secret(office.tenant())}")
    after = browser.client.get_cookie("postausgang")

    assert before is not None
    assert after is not None
    assert before.value != after.value
    other = office.browser()
    other.client.set_cookie("postausgang", before.value)
    assert "Muster GmbH" not in other.get("/").text


def test_a_second_login_ends_the_first_session(office: Office) -> None:
    """Signing in as another tenant leaves no open session behind in this browser."""
    browser = office.signed_in(office.tenant("Erste GmbH"))
    old = browser.client.get_cookie("postausgang")
    browser.press(f"/login/{office.login_secret(office.tenant('Zweite GmbH'))}")

    assert old is not None
    thief = office.browser()
    thief.client.set_cookie("postausgang", old.value)
    assert "Erste GmbH" not in thief.get("/").text
    assert "Zweite GmbH" in browser.get("/").text


def test_sign_out_ends_the_session_on_the_server(office: Office) -> None:
    """A copy of the cookie is worth nothing after signing out."""
    browser = office.signed_in(office.tenant())
    cookie = browser.client.get_cookie("postausgang")
    browser.press("/logout")

    assert cookie is not None
    thief = office.browser()
    thief.client.set_cookie("postausgang", cookie.value)
    assert "Muster GmbH" not in thief.get("/").text
    assert "Muster GmbH" not in browser.get("/").text


def test_a_session_ends_by_itself(office: Office) -> None:
    """After seven days the person signs in again."""
    browser = office.signed_in(office.tenant())
    office.clock.advance(7 * 86_400 + 1)

    assert "postausgang login-link" in browser.get("/").text


def test_cookies_are_closed_to_scripts_and_other_sites(office: Office, secure_office: Office) -> None:
    """HttpOnly, SameSite=Lax and the whole path always; behind HTTPS also Secure and the __Host- name."""
    plain = office.browser().get("/").headers["Set-Cookie"]
    secure = secure_office.browser().client.get("/", base_url="https://mail.example.com")

    assert re.fullmatch(r"postausgang=[\w-]{43}; HttpOnly; Path=/; SameSite=Lax", plain)
    assert re.fullmatch(
        r"__Host-postausgang=[\w-]{43}; Secure; HttpOnly; Path=/; SameSite=Lax", secure.headers["Set-Cookie"]
    )


def test_every_cookie_of_a_journey_has_the_same_attributes(secure_office: Office) -> None:
    """Session, notice, attempt and language cookies are all __Host-, Secure, HttpOnly and Lax."""
    client = secure_office.app.test_client()
    home = "https://mail.example.com"
    token = re.search(r'form_token" value="(\w+)"', client.get("/", base_url=home).text)
    assert token is not None
    secret = secure_office.login_secret(secure_office.tenant())
    signed = client.post(f"/login/{secret}", data={"form_token": token[1]}, base_url=home)
    token = re.search(r'form_token" value="(\w+)"', client.get("/", base_url=home).text)
    assert token is not None
    begun = client.post("/connect", data={"form_token": token[1]}, base_url=home)
    back = client.get(f"/consent/callback?code=c&{begun.location.partition('?')[2]}", base_url=home)
    spoken = client.post("/language", data={"form_token": token[1], "language": "de"}, base_url=home)

    cookies = [
        line for answer in (signed, begun, back, spoken) for line in answer.headers.getlist("Set-Cookie")
    ]

    assert len(cookies) == 5
    for cookie in cookies:
        assert cookie.startswith("__Host-postausgang")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
