"""No input makes a second command: addresses, names and logins are one line or are refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from service.smtp import commands
from service.smtp.errors import CommandError
from service.smtp.replies import Phase
from service.smtp.sasl import Plain, XOAuth2, auth_line, decoded

BREAKS = ["\r\n", "\n", "\r", "\0", "\x85", "\u2028", "\x0b", "\x1f", "\x7f", "\ud800"]


@pytest.mark.parametrize("broken", BREAKS)
def test_nothing_that_ends_a_line_gets_into_a_command(broken: str) -> None:
    """Whatever a server might take for the end of a line is refused, and is not repeated in the error."""
    text = f"kunde@example.com{broken}RCPT TO:<evil@example.com"
    with pytest.raises(CommandError) as raised:
        commands.rcpt_to(text)
    with pytest.raises(CommandError):
        commands.mail_from(text, ())
    with pytest.raises(CommandError):
        commands.mail_from("a@b.example", (f"SIZE=1{broken}",))
    with pytest.raises(CommandError):
        commands.ehlo(f"mail.example{broken}")

    assert "evil" not in str(raised.value)
    assert raised.value.phase is Phase.RCPT


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "kunde",
        "kunde@",
        "@example.com",
        "a@b@c",
        "kunde@example.com> SIZE=1",
        "<kunde@example.com>",
        "@relay:kunde@example.com",
        "a b@example.com",
        '"a b"@example.com',
        "a,b@example.com",
        "kunde@[127.0.0.1]",
        "kunde(x)@example.com",
    ],
)
def test_only_a_plain_address_is_a_path(address: str) -> None:
    """No parameter, route, list, comment, literal or quoted part."""
    with pytest.raises(CommandError):
        commands.rcpt_to(address)


def test_commands_are_written_as_the_standard_has_them() -> None:
    """One verb, one path, the parameters after it."""
    assert commands.mail_from("a@b.example", ()) == b"MAIL FROM:<a@b.example>\r\n"
    assert commands.mail_from("a@b.example", ("SIZE=5", "X")) == b"MAIL FROM:<a@b.example> SIZE=5 X\r\n"
    assert commands.rcpt_to("jürgen@b.example") == "RCPT TO:<jürgen@b.example>\r\n".encode()
    assert commands.ehlo("[192.0.2.1]") == b"EHLO [192.0.2.1]\r\n"
    assert commands.last_chunk(7) == b"BDAT 7 LAST\r\n"


@given(st.text())
def test_whatever_is_written_is_one_line(text: str) -> None:
    """Any text is refused, or comes out as one line that holds it."""
    for write in (commands.rcpt_to, commands.ehlo, lambda name: commands.line(Phase.MAIL, name)):
        try:
            written = write(text)
        except CommandError:
            continue
        assert written.endswith(b"\r\n")
        assert len(written.decode().splitlines()) == 1
        assert text.encode() in written


def test_logins_are_written_as_their_mechanisms_want() -> None:
    """RFC 4616 and Google's page, in base64 without line ends however long they are."""
    plain = auth_line(Plain("a@b.example", SecretStr("pässwort")))
    token = auth_line(XOAuth2("a@b.example", SecretStr("ya29." + "x" * 2000)))

    assert plain == b"AUTH PLAIN " + base64.b64encode("\0a@b.example\0pässwort".encode()) + b"\r\n"
    expected = b"user=a@b.example\x01auth=Bearer ya29." + b"x" * 2000 + b"\x01\x01"
    assert token == b"AUTH XOAUTH2 " + base64.b64encode(expected) + b"\r\n"


@pytest.mark.parametrize(
    "login",
    [
        Plain("a\0b", SecretStr("p")),
        Plain("a", SecretStr("p\0q")),
        XOAuth2("a\x01auth=Bearer other", SecretStr("t")),
        XOAuth2("a", SecretStr("t\x01")),
    ],
)
def test_a_login_cannot_say_more_than_it_is(login: Plain | XOAuth2) -> None:
    """The separators of a mechanism do not pass, and no error or repr shows a secret."""
    with pytest.raises(CommandError) as raised:
        auth_line(login)

    assert raised.value.phase is Phase.AUTH
    assert "SecretStr('**********')" in repr(login)


def test_a_challenge_can_be_logged_whatever_it_is() -> None:
    """Base64 is opened, everything else stays, nothing is long or unprintable."""
    assert decoded(base64.b64encode(b'{"status":"400"}').decode()) == '{"status":"400"}'
    assert decoded("no base64!") == "no base64!"
    assert decoded(base64.b64encode(b"a\r\n\x1b\xff").decode()) == "a   \ufffd"
