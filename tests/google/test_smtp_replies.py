"""What an SMTP refusal means: every row of Google's list, in Google's words, and what nobody knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from service.catalogue import CATALOGUE
from service.connections.way import WayKind
from service.errors import (
    DeliveryError,
    MailboxHeldError,
    PermanentDeliveryError,
    ReconnectRequiredError,
    TransientDeliveryError,
    UncertainDeliveryError,
    WayDownError,
    WayHeldError,
)
from service.google.smtp_replies import _row, recipient_refusal, smtp_error
from service.google.smtp_rows import MAIL_PHASES, ROWS, Row
from service.smtp.replies import Phase, Reply
from tests.google.smtp_cases import CASES, Case

ADDRESS = "kunde@example.com"
LEAVES = {
    "down": WayDownError,
    "later": TransientDeliveryError,
    "refused": PermanentDeliveryError,
    "way": WayHeldError,
    "mailbox": MailboxHeldError,
    "owner": ReconnectRequiredError,
    "lost": UncertainDeliveryError,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}-{case.phase}-{case.text[:40]}")
def test_each_reply_of_googles_list_has_one_meaning(case: Case) -> None:
    """Class, problem code and time to wait of every row; each code has words."""
    error = smtp_error(case.kind, case.phase, reply_of(case.text))

    assert (type(error), error.code, error.wait_s) == (LEAVES[case.leaf], case.code, case.wait_s)
    assert error.code in CATALOGUE
    assert error.status == int(case.text[:3])


def test_every_row_of_the_table_is_met() -> None:
    """No row is dead: some text of the list reaches it first."""
    met = {row_of(case) for case in CASES}

    assert [row for row in ROWS if row not in met] == []


def test_googles_words_are_kept_for_the_timeline() -> None:
    """Cut, and such as a database can store."""
    error = smtp_error(WayKind.RELAY, Phase.RCPT, Reply(550, "5.1.1", "a\0b" + "x" * 5000))

    assert error.reply.startswith("550 5.1.1 a\N{REPLACEMENT CHARACTER}bx")
    assert len(error.reply) == 2000


def test_words_over_several_lines_are_read_as_one() -> None:
    """Google breaks its sentences anywhere."""
    text = "Mail relay\ndenied [192.0.2.1]. Invalid credentials for relay"

    assert smtp_error(WayKind.RELAY, Phase.MAIL, Reply(550, "5.7.0", text)).code == "relay-denied"


@pytest.mark.parametrize(
    ("phase", "code", "leaf", "problem"),
    [
        (Phase.GREETING, 420, "down", "provider-unavailable"),
        (Phase.CONNECT, 554, "way", "server-refused"),
        (Phase.AUTH, 550, "way", "server-refused"),
        (Phase.MAIL, 447, "later", "try-later"),
        (Phase.RCPT, 421, "down", "provider-unavailable"),
        (Phase.RCPT, 559, "refused", "recipient-refused"),
        (Phase.DATA, 559, "refused", "message-refused"),
        (Phase.END_OF_DATA, 447, "later", "try-later"),
        (Phase.END_OF_DATA, 559, "refused", "message-refused"),
        (Phase.EHLO, 999, "down", "answer-unknown"),
        (Phase.DATA, 250, "later", "answer-unknown"),
        (Phase.END_OF_DATA, 354, "lost", "answer-lost"),
        (Phase.END_OF_DATA, 0, "lost", "answer-lost"),
    ],
)
def test_a_made_up_reply_ends_in_a_visible_safe_state(
    phase: Phase, code: int, leaf: str, problem: str
) -> None:
    """The hand-over rule judges by phase and first digit; the text is in the log."""
    with capture_logs() as logs:
        error = smtp_error(WayKind.SMTP_SERVER, phase, Reply(code, "", "Blorb gnarf"))

    assert (type(error), error.code) == (LEAVES[leaf], problem)
    assert [(line["event"], line["reply"]) for line in logs] == [("unknown reply", "Blorb gnarf")]


WORDS = st.sampled_from([text for row in ROWS for text in row.texts])


@given(
    kind=st.sampled_from(WayKind),
    phase=st.sampled_from(Phase),
    code=st.integers(-1, 999) | st.sampled_from(sorted({code for row in ROWS for code in row.codes})),
    enhanced=st.just("") | st.sampled_from(sorted({one for row in ROWS for one in row.enhanced})) | st.text(),
    text=st.lists(st.text() | WORDS, max_size=4).map(" ".join),
)
def test_whatever_a_server_says_is_judged_safely(
    kind: WayKind, phase: Phase, code: int, enhanced: str, text: str
) -> None:
    """Always a leaf with known words; never unclear before the end, never the mail's fault before MAIL."""
    error = smtp_error(kind, phase, Reply(code, enhanced, text))

    assert type(error) in LEAVES.values()
    assert error.code in CATALOGUE
    assert phase is Phase.END_OF_DATA or not isinstance(error, UncertainDeliveryError)
    assert phase in MAIL_PHASES or not isinstance(error, PermanentDeliveryError)
    assert error.wait_s is None or 0 <= error.wait_s <= 86_400


@given(code=st.integers(400, 599), enhanced=st.sampled_from(["", "4.2.2", "5.1.1", "5.7.1"]), text=st.text())
def test_a_wrong_password_is_never_read_out_of_a_temporary_reply(code: int, enhanced: str, text: str) -> None:
    """454 must not make anybody change a password."""
    error = smtp_error(WayKind.APP_PASSWORD, Phase.AUTH, Reply(code, enhanced, text))

    assert code >= 500 or not isinstance(error, ReconnectRequiredError)


@pytest.mark.parametrize(
    ("text", "code", "is_permanent"),
    [
        ("550 5.1.1 The email account that you tried to reach does not exist.", "recipient-unknown", True),
        ("452 4.2.2 The recipient's inbox is out of storage space.", "recipient-full", False),
        ("452 4.5.3 Your message has too many recipients.", "too-many-recipients", False),
        ("450 Greylisted", "try-later", False),
        ("559 Blorb", "recipient-refused", True),
    ],
)
def test_one_refused_recipient_does_not_stop_the_others(text: str, code: str, is_permanent: bool) -> None:  # noqa: FBT001, a column
    """The refusal names the recipient, the server's words and whether another try helps."""
    reply = reply_of(text)

    refusal = recipient_refusal(ADDRESS, reply)

    assert (refusal.address, refusal.status, refusal.reply) == (ADDRESS, reply.code, text)
    assert (refusal.code, refusal.is_permanent) == (code, is_permanent)


@pytest.mark.parametrize(
    "text",
    [
        "550 5.4.5 Daily user sending limit exceeded.",
        "421 4.3.0 Temporary System Problem. Try again later.",
        "530 5.7.0 Authentication Required.",
    ],
)
def test_a_limit_reached_midway_leaves_the_rest_for_later(text: str) -> None:
    """It is no recipient's fault, so nobody is given up for it."""
    assert not recipient_refusal(ADDRESS, reply_of(text)).is_permanent


def reply_of(line: str) -> Reply:
    """A reply as it stands in Google's list."""
    code, _, rest = line.partition(" ")
    first, _, words = rest.partition(" ")
    is_enhanced = first[:1] in "245" and first.count(".") == 2
    return Reply(int(code), first if is_enhanced else "", words if is_enhanced else rest)


def row_of(case: Case) -> Row | None:
    """The row that judges a case."""
    return _row(case.kind, case.phase, reply_of(case.text))


def test_each_leaf_is_a_delivery_error() -> None:
    """The table knows no other family."""
    assert all(issubclass(leaf, DeliveryError) for leaf in LEAVES.values())
