"""AUTH at smtp.gmail.com: app passwords and access tokens, and Google's ways of saying no."""

import base64
import json
import smtplib
from collections.abc import Iterator

import pytest

from service.sandbox.server import Sandbox
from tests.fakes.clock import FakeClock
from tests.sandbox.conftest import mail
from tests.sandbox.smtp_client import (
    MIA,
    TO,
    Talk,
    context,
    flat,
    plain,
    secure_talk,
    signed_in,
    token,
    xoauth2,
)

JONAS = "jonas.weber@beispiel.example"
BAD = "535 5.7.8 Username and Password not accepted. For more information, go to"
SENDING = "https://www.googleapis.com/auth/gmail.send"


def encoded(text: str) -> str:
    """base64."""
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def talk(sandbox: Sandbox) -> Iterator[Talk]:
    """Not signed in."""
    with secure_talk(sandbox, account=None) as made:
        yield made


def test_pythons_own_client_signs_in_by_every_way(sandbox: Sandbox) -> None:
    """PLAIN, LOGIN and XOAUTH2, on both ports."""
    secret, access = sandbox.google.app_password(MIA), token(sandbox)
    for mechanism in ("auth_plain", "auth_login"):
        with smtplib.SMTP("127.0.0.1", sandbox.submission_port, timeout=30) as client:
            client.starttls(context=context(sandbox))
            client.ehlo()
            client.user, client.password = MIA, secret
            assert client.auth(mechanism[5:].upper(), getattr(client, mechanism))[0] == 235
    with smtplib.SMTP_SSL("127.0.0.1", sandbox.smtps_port, timeout=30, context=context(sandbox)) as client:
        client.ehlo()
        code, _ = client.auth("XOAUTH2", lambda _=None: f"user={MIA}\1auth=Bearer {access}\1\1")
        assert code == 235
        client.sendmail(MIA, [TO], mail())

    assert [one["account"] for one in sandbox.google.sent()] == [MIA]


def test_an_app_password_is_sixteen_letters(sandbox: Sandbox) -> None:
    """As Google makes them, and another each time."""
    one, other = sandbox.google.app_password(MIA), sandbox.google.app_password(MIA)

    assert one != other
    assert {len(one), len(other)} == {16}
    assert (one + other).isalpha()


def test_each_app_password_holds_until_all_are_revoked(sandbox: Sandbox, talk: Talk) -> None:
    """A second one does not end the first; a change of the account's password ends both."""
    first, second = sandbox.google.app_password(MIA), sandbox.google.app_password(MIA)
    with secure_talk(sandbox, account=None) as other:
        assert other.say(f"AUTH PLAIN {plain(MIA, first)}") == "235 2.7.0 Accepted"

    sandbox.google.revoke_app_passwords(MIA.upper())

    assert [flat(talk.say(f"AUTH PLAIN {plain(MIA, one)}"))[:9] for one in (first, second)] == [BAD[:9]] * 2


@pytest.mark.parametrize("secret", ["Sommer2026!", "correct horse battery", "abcd efgh ijkl mnop"])
def test_a_normal_password_asks_for_an_app_password(talk: Talk, secret: str) -> None:
    """534 with the address of the help page, also for an app password with its spaces."""
    assert flat(talk.say(f"AUTH PLAIN {plain(MIA, secret)}")) == (
        "534 5.7.9 Application-specific password required. For more information, go to "
        "https://support.google.com/mail/?p=InvalidSecondFactor"
    )


@pytest.mark.parametrize("user", [MIA, "nobody@gmail.com", "mia.berger", JONAS])
def test_a_wrong_app_password_is_refused(sandbox: Sandbox, talk: Talk, user: str) -> None:
    """Also that of another account, and for an account that is none."""
    wrong = "abcdefghijklmnop" if user == MIA else sandbox.google.app_password(MIA)

    assert flat(talk.say(f"AUTH PLAIN {plain(user, wrong)}")).startswith(BAD)


def test_another_try_may_follow_a_refusal(sandbox: Sandbox, talk: Talk) -> None:
    """On the same connection."""
    talk.say(f"AUTH PLAIN {plain(MIA, 'abcdefghijklmnop')}")

    assert talk.say(f"AUTH PLAIN {plain(MIA, sandbox.google.app_password(MIA))}") == "235 2.7.0 Accepted"


def test_the_initial_response_may_be_left_out(sandbox: Sandbox, talk: Talk) -> None:
    """334 asks for it."""
    assert talk.say("AUTH PLAIN") == "334 "
    assert talk.say(plain(MIA, sandbox.google.app_password(MIA))) == "235 2.7.0 Accepted"


def test_login_asks_twice(sandbox: Sandbox, talk: Talk) -> None:
    """In base64: Username: and Password:."""
    assert talk.say("AUTH LOGIN") == f"334 {encoded('Username:')}"
    assert talk.say(encoded(MIA)) == f"334 {encoded('Password:')}"
    assert talk.say(encoded(sandbox.google.app_password(MIA))) == "235 2.7.0 Accepted"


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("AUTH CRAM-MD5", "504 5.7.4 Unrecognized Authentication Type"),
        ("AUTH XOAUTH abc", "504 5.7.4 XOAUTH is no longer supported"),
        ("AUTH", "504 5.7.4 Unrecognized Authentication Type"),
        ("AUTH PLAIN not-base64!", "501 5.5.2 Cannot Decode response"),
        ("AUTH PLAIN AAAA", "501 5.5.2 Cannot Decode response"),
        ("AUTH XOAUTH2 dXNlcj1taWE=", "501 5.5.2 Cannot Decode response"),
        (f"AUTH XOAUTH2 {base64.b64encode(b'user=mia' + bytes([1, 1])).decode()}", "501 5.5.2 Cannot Decode"),
    ],
)
def test_what_cannot_be_read_is_said_so(talk: Talk, line: str, reply: str) -> None:
    """No sign-in was tried."""
    assert talk.say(line).startswith(reply)


def test_a_client_may_give_up(talk: Talk) -> None:
    """RFC 4954 §4: an asterisk."""
    talk.say("AUTH PLAIN")

    assert talk.say("*").startswith("501 5.5.2")


@pytest.mark.parametrize(
    ("scopes", "account", "user"),
    [
        ((SENDING,), MIA, MIA),
        ((), JONAS, MIA),
        ((), MIA, "nobody@gmail.com"),
    ],
)
def test_a_token_of_the_wrong_kind_gets_the_challenge_and_then_535(
    sandbox: Sandbox, talk: Talk, scopes: tuple[str, ...], account: str, user: str
) -> None:
    """Without the mail scope, of another user, for nobody: the same words; an empty line comes between."""
    challenge = talk.say(f"AUTH XOAUTH2 {xoauth2(user, token(sandbox, *scopes, account=account))}")

    assert json.loads(base64.b64decode(challenge.removeprefix("334 "))) == {
        "status": "400", "schemes": "Bearer", "scope": "https://mail.google.com/"
    }  # fmt: skip
    assert flat(talk.say("")).startswith(BAD)


def test_an_expired_token_is_no_better(sandbox: Sandbox, talk: Talk, clock: FakeClock) -> None:
    """An hour later."""
    access = token(sandbox)
    clock.advance(3600)

    assert talk.say(f"AUTH XOAUTH2 {xoauth2(MIA, access)}").startswith("334 ")
    assert flat(talk.say("")).startswith(BAD)


def test_oauthbearer_works_and_fails_alike(sandbox: Sandbox, talk: Talk) -> None:
    """RFC 7628; its failure is acknowledged by a Ctrl-A."""
    form = f"n,a={MIA},\1host=smtp.gmail.com\1port=465\1auth=Bearer %s\1\1"

    assert talk.say(f"AUTH OAUTHBEARER {encoded(form % 'wrong')}").startswith("334 ")
    assert flat(talk.say("AQ==")).startswith(BAD)
    assert talk.say(f"AUTH OAUTHBEARER {encoded(form % token(sandbox))}") == "235 2.7.0 Accepted"


@pytest.mark.parametrize(
    ("option", "reply", "is_over"),
    [
        ("421", "421 4.7.0 Connection expired, try reconnecting.", True),
        ("530", "530 5.7.0 Authentication Required.", False),
        ("535", BAD, False),
        ("ignored", "250 2.1.0 OK", False),
    ],
)
def test_a_token_may_end_inside_a_session(
    sandbox: Sandbox,
    talk: Talk,
    clock: FakeClock,
    option: str,
    reply: str,
    is_over: bool,  # noqa: FBT001, parametrized
) -> None:
    """What Google does then is told nowhere, so each thing that it may do can be had; 421 is the usual."""
    assert sandbox.google.smtp.expired_token == "421"
    sandbox.google.smtp.expired_token = option  # type: ignore[assignment]  # parametrized
    talk.say(f"AUTH XOAUTH2 {xoauth2(MIA, token(sandbox))}")
    talk.mail()
    talk.data(mail() + b"\r\n")
    clock.advance(7200)

    assert flat(talk.say(f"MAIL FROM:<{MIA}>")).startswith(reply)
    if is_over:
        assert talk.rest() == b""


def test_a_token_that_ends_during_a_mail_does_not_stop_it(sandbox: Sandbox, talk: Talk) -> None:
    """Only MAIL looks at it."""
    talk.say(f"AUTH XOAUTH2 {xoauth2(MIA, token(sandbox))}")
    talk.mail()
    sandbox.google.expire_tokens(MIA)

    assert talk.data(mail() + b"\r\n").startswith("250 2.0.0 OK")


def test_an_app_password_that_is_revoked_does_not_end_the_session(sandbox: Sandbox) -> None:
    """It is looked at only once."""
    with signed_in(sandbox) as client:
        sandbox.google.revoke_app_passwords(MIA)

        client.sendmail(MIA, [TO], mail())
    assert len(sandbox.google.sent()) == 1
