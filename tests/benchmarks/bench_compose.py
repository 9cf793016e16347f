"""What composing a mail costs, against the standard library's ``EmailMessage`` in the same run.

``python -m tests.benchmarks.bench_compose``; CPU time of this process, the best of three rounds.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage

import pybase64

from service.mail.address import Address
from service.mail.attachment import Attachment, BytesContent
from service.mail.compose import compose
from service.mail.message import Message, Stamp
from tests.benchmarks.invoices import HTML, TEXT

_SIZES = {"100 kB": 100_000, "1 MB": 1_000_000, "10 MB": 10_000_000, "25 MB": 25_000_000}
_GOALS = {"100 kB": 0.15, "10 MB": 0.15}
_ROUNDS = 3
_ROUND_BYTES = 10_000_000
_SUBJECT = "Rechnung 2026-0001 für März"
_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def run() -> None:
    """Print the table."""
    print("Composing text, HTML and one PDF: CPU ms")
    print(f"{'attachment':>10} {'ours':>8} {'EmailMessage':>13} {'ratio':>7} {'goal':>6} {'base64 only':>12}")
    for label, size in _SIZES.items():
        pdf = os.urandom(size)
        repeats = max(1, min(50, _ROUND_BYTES // size))
        ours = _cpu_ms(lambda pdf=pdf: _ours(pdf), repeats)  # type: ignore[misc]  # bound at once
        theirs = _cpu_ms(lambda pdf=pdf: _theirs(pdf), repeats)  # type: ignore[misc]  # bound at once
        floor = _cpu_ms(lambda pdf=pdf: pybase64.b64encode(pdf), repeats)  # type: ignore[misc]  # bound at once
        goal = f"{_GOALS[label]:.2f}" if label in _GOALS else ""
        print(f"{label:>10} {ours:>8.2f} {theirs:>13.2f} {ours / theirs:>7.3f} {goal:>6} {floor:>12.2f}")


def _ours(pdf: bytes) -> int:
    message = Message(
        sender=Address("rechnung@example.com", "Müller & Söhne GmbH"),
        to=(Address("kundin@example.org", "Anna Beispiel"),),
        subject=_SUBJECT,
        text=TEXT,
        html=HTML,
        attachments=(Attachment("Rechnung-2026-0001.pdf", "application/pdf", BytesContent(pdf)),),
    )
    return sum(len(piece) for piece in compose(message, Stamp("msg_1", "<msg_1@example.com>", _AT)))


def _theirs(pdf: bytes) -> int:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = "Müller & Söhne GmbH <rechnung@example.com>"
    mail["To"] = "Anna Beispiel <kundin@example.org>"
    mail["Subject"] = _SUBJECT
    mail["Date"] = _AT
    mail["Message-ID"] = "<msg_1@example.com>"
    mail["X-Postausgang-Id"] = "msg_1"
    mail.set_content(TEXT)
    mail.add_alternative(HTML, subtype="html")
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename="Rechnung-2026-0001.pdf")
    return len(mail.as_bytes())


def _cpu_ms(work: Callable[[], object], repeats: int) -> float:
    rounds = []
    for _ in range(_ROUNDS):
        begun = time.process_time()
        for _ in range(repeats):
            work()
        rounds.append((time.process_time() - begun) / repeats)
    return min(rounds) * 1000


if __name__ == "__main__":
    run()
