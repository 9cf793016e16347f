"""Every row of the SMTP fault table happens in its phase, and every way to break a connection in each."""

import base64
import contextlib
import json
import socket

import pytest

from service.sandbox.fault import Fault
from service.sandbox.server import Sandbox
from service.sandbox.smtp_fault_table import PHASES, SMTP_FAULTS
from tests.sandbox.conftest import mail
from tests.sandbox.smtp_client import (
    FIRMA,
    HELO,
    MIA,
    TO,
    Talk,
    flat,
    plain,
    relay_talk,
    secure_talk,
    token,
    xoauth2,
)

REPLIES = [pytest.param(fault, id=fault.name) for fault in SMTP_FAULTS if fault.kind == "smtp"]
AT_THE_END = ("end", "body")
# google.md §4: every reply of its table, as code and enhanced code.
REFERENCE = """
421 4.7.0 · 421 4.3.0 · 421 4.4.5 · 451 4.4.2 · 421 4.7.28 · 421 4.7.23 · 451 4.7.24 · 421 4.7.26 · 451 4.7.26
421 4.7.27 · 421 4.7.29 · 421 4.7.30 · 421 4.7.32 · 450 4.2.1 · 451 4.3.0 · 451 4.5.0 · 454 4.5.0 · 501 5.5.2
502 5.5.1 · 503 5.5.1 · 555 5.5.2 · 452 4.2.2 · 552 5.2.2 · 452 4.5.3 · 550 5.5.3 · 454 4.7.0 · 504 5.7.4
530 5.7.0 · 530 5.5.1 · 534 5.7.9 · 535 5.7.1 · 535 5.7.9 · 534 5.7.14 · 535 5.7.8 · 550 5.4.5 · 550 5.7.1
550 5.1.1 · 550 5.2.1 · 553 5.1.2 · 553 5.1.3 · 550 5.7.0 · 550 5.7.26 · 552 5.2.3 · 552 5.3.4 · 552 5.7.0
553 5.1.7 · 554 5.6.0 · 554 5.4.6 · 554 5.7.0
"""
SENTENCES = (
    "closing connection. (EHLO)", "Connection expired", "same Message-ID", "Peak SMTP relay limit exceeded",
    "Multiple destination domains", "Too many recipients for this sender", "Domain policy size",
    "Too many login attempts", "Cannot authenticate", "XOAUTH is no longer supported", "InvalidSecondFactor",
    "web browser", "BadCredentials", "Daily user sending limit", "Daily sending quota",
    "relay limit exceeded for user", "relay limit exceeded for customer", "is disabled", "is inactive",
    "Mail relay denied", "Invalid credentials for relay", "Mail Sending denied", "likely unsolicited",
    "low reputation", "policy that prohibited", "missing a valid address in From", "multiple addresses",
    "duplicate headers", "Message-ID: header", "Encoded-word", "Email quota exceeded", "DMARC",
    "attachments", "header size limits", "illegal attachment", "security issue", "50 hops", "malformed",
    "Too many unauthenticated commands",
)  # fmt: skip


def reach(sandbox: Sandbox, phase: str, account: str = MIA) -> Talk:
    """A connection on which the next reply to be read is that of a phase."""
    talk = Talk(sandbox, sandbox.submission_port)
    if phase == "greeting":
        return talk
    talk.greeting = talk.read()
    if phase == "ehlo":
        talk.send(f"EHLO {HELO}\r\n".encode())
        return talk
    talk.say(f"EHLO {HELO}")
    if phase == "starttls":
        talk.send(b"STARTTLS\r\n")
        return talk
    talk.starttls()
    auth = f"AUTH PLAIN {plain(account, sandbox.google.app_password(account))}"
    steps = {
        "auth": auth,
        "mail": f"MAIL FROM:<{account}>",
        "rcpt": f"RCPT TO:<{TO}>",
        "data": "BDAT 4" if phase == "bdat" else "DATA",
    }
    for name, line in steps.items():
        is_reached = name == phase or (name, phase) == ("data", "bdat")
        if is_reached:
            talk.send(line.encode() + b"\r\n" + (b"From" if phase == "bdat" else b""))
            return talk
        talk.say(line)
    talk.send(mail() + b"\r\n.\r\n")
    return talk


def test_the_table_covers_the_reference() -> None:
    """Every reply that google.md §4 names is there."""
    codes = {f"{fault.status} {fault.canonical}" for fault in SMTP_FAULTS}
    texts = " ".join(fault.message.replace("\n", " ") for fault in SMTP_FAULTS)

    assert codes >= {one.strip() for one in REFERENCE.replace("\n", "·").split("·") if one.strip()}
    assert [sentence for sentence in SENTENCES if sentence not in texts] == []


@pytest.mark.parametrize("fault", REPLIES)
def test_every_reply_comes_in_its_phase(sandbox: Sandbox, fault: Fault) -> None:
    """Once, with Google's codes on every line; the next try is fine, and nothing was taken."""
    sandbox.google.arm(fault.name)
    [phase] = {place.partition(":")[2] for place in fault.usual}

    with reach(sandbox, phase) as talk:
        reply = talk.read()
        if reply.startswith("334 "):
            reply = talk.say("")
        if fault.status == 421:
            assert talk.rest() == b""

    assert flat(reply).startswith(f"{fault.status} {fault.canonical} ")
    assert "{" not in reply
    assert sandbox.google.counters[f"fault:{fault.name}"] == 1
    assert sandbox.google.sent() == []
    with reach(sandbox, phase) as talk:
        assert talk.read()[0] in "23"


@pytest.mark.parametrize("phase", PHASES)
def test_a_reply_can_be_told_to_come_elsewhere(sandbox: Sandbox, phase: str) -> None:
    """In each phase, also in the middle of a mail; a 421 always ends the connection."""
    sandbox.google.arm("smtp_system_problem", where=phase)

    with reach(sandbox, phase) as talk:
        assert talk.read() == "421 4.7.0 Temporary System Problem.  Try again later."
        assert talk.rest() == b""
    assert sandbox.google.sent() == []


@pytest.mark.parametrize("name", ["smtp_cut", "smtp_reset", "smtp_hang"])
@pytest.mark.parametrize("phase", PHASES)
def test_the_connection_breaks_in_every_phase(sandbox: Sandbox, name: str, phase: str) -> None:
    """Without an answer, and nothing is taken."""
    sandbox.google.arm(name, where=phase, seconds=0.01)

    # A reset may even come before connect() returns.
    with contextlib.suppress(ConnectionResetError), reach(sandbox, phase) as talk:
        assert talk.rest() == b""
    assert sandbox.google.sent() == []
    assert sandbox.google.counters[f"fault:{name}"] == 1


def test_a_reset_is_a_reset(sandbox: Sandbox) -> None:
    """RST and not FIN."""
    sandbox.google.arm("smtp_reset", where="ehlo")

    with Talk(sandbox, sandbox.submission_port) as talk:
        talk.read()
        talk.send(b"EHLO x.example\r\n")
        with pytest.raises(ConnectionResetError):
            talk.socket.recv(1)


@pytest.mark.parametrize(
    "name",
    ["smtp_cut_taken", "smtp_reset_taken", "smtp_hang_taken", "smtp_no_crlf_taken", "smtp_garbage_taken"],
)
def test_the_answer_gets_lost(sandbox: Sandbox, name: str) -> None:
    """The mail is taken, but no reply tells so."""
    sandbox.google.arm(name, account=MIA, seconds=0.01)

    with reach(sandbox, "end") as talk:
        talk.socket.settimeout(0.5)
        came = (
            talk.socket.recv(65536) if name in {"smtp_no_crlf_taken", "smtp_garbage_taken"} else talk.rest()
        )

    assert b"\r\n250" not in b"\r\n" + came or not came.endswith(b"\r\n")
    assert len(sandbox.google.sent()) == 1


def test_any_fault_can_lose_the_answer(sandbox: Sandbox) -> None:
    """``taken``: a refusal that is a lie."""
    sandbox.google.arm("smtp_system_problem_4_3_0", taken=True)

    with reach(sandbox, "end") as talk:
        assert talk.read().startswith("421 4.3.0")
    assert len(sandbox.google.sent()) == 1


def test_a_slow_reply_is_the_usual_one(sandbox: Sandbox) -> None:
    """Late, but right."""
    for phase in PHASES:
        sandbox.google.arm("smtp_slow", where=phase, seconds=0.02)

    with reach(sandbox, "end") as talk:
        assert talk.read().startswith("250 2.0.0 OK")
    assert sandbox.google.counters["fault:smtp_slow"] == 10 - 1  # no BDAT


def test_a_reply_of_many_lines_is_one_reply(sandbox: Sandbox) -> None:
    """200 lines more, all with the code."""
    sandbox.google.arm("smtp_multi_line", where="mail")

    with reach(sandbox, "mail") as talk:
        lines = talk.read().split("\n")

    assert len(lines) == 201
    assert {line[:4] for line in lines[:-1]} == {"250-"}


def test_a_huge_reply_never_ends(sandbox: Sandbox) -> None:
    """10 MB of lines that go on."""
    sandbox.google.arm("smtp_huge", where="mail")

    with reach(sandbox, "mail") as talk:
        came = talk.rest()

    assert len(came) > 10_000_000
    assert b"250 " not in came


def test_garbage_is_no_reply(sandbox: Sandbox) -> None:
    """Bytes beyond ASCII, with a NUL; the connection stays open."""
    sandbox.google.arm("smtp_garbage", where="mail")

    with reach(sandbox, "mail") as talk:
        assert b"\0\xff not SMTP" in talk.socket.recv(65536)
        assert talk.say("NOOP").startswith("250 ")


def test_one_recipient_can_be_refused(sandbox: Sandbox) -> None:
    """The fault names the recipient; the other one gets the mail."""
    sandbox.google.arm("smtp_no_such_user", account="weg@example.com")
    sandbox.google.arm("smtp_recipient_full", account="voll@example.com", times=None)

    with secure_talk(sandbox) as talk:
        replies = talk.mail("weg@example.com", TO, "voll@example.com", "weg@example.com")
        talk.data(mail() + b"\r\n")

    assert [reply[:3] for reply in replies[1:]] == ["550", "250", "452", "250"]
    assert sandbox.google.sent()[0]["recipients"] == [TO, "weg@example.com"]


def test_only_the_named_account_is_hit(sandbox: Sandbox) -> None:
    """From AUTH on it is known who is there."""
    sandbox.google.arm("smtp_bad_credentials", account=MIA.upper())

    with reach(sandbox, "auth", FIRMA) as talk:
        assert talk.read().startswith("235 ")
    with reach(sandbox, "auth") as talk:
        assert flat(talk.read()).startswith("535 5.7.8 ")


def test_one_host_can_be_hit_alone(sandbox: Sandbox) -> None:
    """By its name, in the fault's usual phase, or in a phase of that host."""
    sandbox.google.arm("smtp_sending_denied", where="relay")
    sandbox.google.arm("smtp_try_later", where="submission:rcpt")

    with secure_talk(sandbox) as talk:
        assert [reply[:3] for reply in talk.mail(sender=FIRMA)] == ["250", "421"]
    with relay_talk(sandbox) as talk:
        assert talk.mail(sender=FIRMA)[0].startswith("550")
        assert [reply[:3] for reply in talk.mail(sender=FIRMA)] == ["250", "250"]


def test_times_and_skip_count_as_over_http(sandbox: Sandbox) -> None:
    """After one good mail two bad ones."""
    sandbox.google.arm("smtp_temporarily_rejected", times=2, skip=1)

    with secure_talk(sandbox) as talk:
        codes = []
        for _ in range(4):
            talk.mail()
            codes.append(talk.data(mail() + b"\r\n")[:3])

    assert codes == ["250", "451", "451", "250"]


def test_an_armed_535_for_a_token_comes_after_its_challenge(sandbox: Sandbox) -> None:
    """As Google's own does."""
    sandbox.google.arm("smtp_bad_credentials")
    with secure_talk(sandbox, account=None) as talk:
        challenge = talk.say(f"AUTH XOAUTH2 {xoauth2(MIA, token(sandbox))}")

        assert json.loads(base64.b64decode(challenge[4:]))["status"] == "400"
        assert talk.say("").startswith("535")


def test_a_domain_policy_is_marked(sandbox: Sandbox) -> None:
    """``gcdp`` in the place of ``gsmtp``: a rule of the administrator."""
    sandbox.google.arm("smtp_domain_policy")

    with reach(sandbox, "end") as talk:
        assert talk.read().endswith(" - gcdp")


def test_a_refused_chunk_spoils_the_rest(sandbox: Sandbox) -> None:
    """What follows it is read and refused."""
    sandbox.google.arm("smtp_temporarily_rejected", where="bdat")
    with reach(sandbox, "bdat") as talk:
        assert talk.read().startswith("451 ")
        talk.send(b"BDAT 4 LAST\r\nQUIT")

        assert talk.read() == "503 5.5.1 RCPT first."
        assert talk.say("NOOP") == "250 2.0.0 OK"


def test_stop_does_not_wait_for_a_hanging_reply() -> None:
    """A hang of an hour ends with the sandbox."""
    with Sandbox() as sandbox:
        sandbox.google.arm("smtp_hang", where="greeting", seconds=3600)
        waiting = socket.create_connection(("127.0.0.1", sandbox.submission_port), timeout=10)
        while not sandbox.google.counters["fault:smtp_hang"]:
            pass
    with waiting:
        assert waiting.recv(1) == b""
