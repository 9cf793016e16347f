"""The durable outbox, drained over TLS by two worker processes, against nodemailer's pool from memory.

Both sign in to the same lean sink with a password. Ours reads mails that were composed and accepted before
(SQLite, each commit on the disk) and writes down every hand-over and every result; nodemailer composes each
invoice, text, HTML and PDF, from memory, sends it, and would forget all of them in a crash. It is one process
by its nature; the machine has two cores, which our workers share with the sink. One mailbox sends all; the
last row has it as it is where nobody set anything: 4 mails at once.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from service.connections.connection import Connection
from service.connections.way import WayKind
from service.mail.address import Address
from service.mail.attachment import Attachment, BytesContent
from service.mail.message import Message
from service.outbox.submit import Order
from service.wiring import Services
from tests.benchmarks.invoices import HTML, TEXT, pdf_bytes
from tests.benchmarks.nodemailer import Nodemailer
from tests.benchmarks.servers import running
from tests.benchmarks.smtp_sink import SinkCount, smtp_sink
from tests.harness import Installation, add_login, add_tenant
from tests.sandbox_process import SandboxProcess

SIZES = ((12_000, 8000, 3.0), (100_000, 3000, 2.0))  # bytes of the PDF, mails, goal
WARM = 1000  # mails before the clock starts, so that both workers are at work
WORKERS = 2
SENDERS = 20  # of each
DEFAULT_SENDERS, DEFAULT_PER_MAILBOX = 8, 4
CONNECTIONS = 5  # what nodemailer's pool opens by default
PASSWORD = "abcdefghijklmnop"
WAIT_S = 120


def run() -> None:
    """Print both rates and their ratio."""
    print("\nOutbox drained over TLS to a lean sink: durable, against nodemailer's pool from memory; mails/s")
    print(f"{'PDF':>10}{'ours':>9}{'nodemailer':>12}{'ratio':>8}{'goal':>7}")
    with tempfile.TemporaryDirectory() as name:
        peer = Nodemailer.install(Path(name))
        for size, mails, goal in SIZES:
            with tempfile.TemporaryDirectory() as sink_name, smtp_sink(Path(sink_name)) as port:
                _row(Path(sink_name), port, (size, mails, goal), peer)
        with tempfile.TemporaryDirectory() as sink_name, smtp_sink(Path(sink_name)) as port:
            size, mails, _ = SIZES[0]
            rate = _drain(Path(sink_name), port, size, mails // 2, DEFAULT_SENDERS, DEFAULT_PER_MAILBOX)
            print(f"{size // 1000:7} kB{rate:9.0f}  as it is by default")


def _row(folder: Path, port: int, what: tuple[int, int, float], peer: Nodemailer | None) -> None:
    size, mails, goal = what
    ours = _drain(folder, port, size, mails)
    line = f"{size // 1000:7} kB{ours:9.0f}"
    if peer is None:
        print(line)
        return
    pdf_file = folder / "invoice.pdf"
    pdf_file.write_bytes(pdf_bytes(size))
    ca = folder / "certificate.pem"
    cost = peer.compose_and_send(port, ca, pdf_file, mails=mails, connections=CONNECTIONS)
    print(f"{line}{1 / cost.seconds:12.0f}{ours * cost.seconds:8.2f}{goal:7.1f}")


def _drain(
    folder: Path,
    port: int,
    size: int,
    mails: int,
    senders: int = SENDERS,
    per_mailbox: int = 2 * WORKERS * SENDERS,  # as many are leased ahead as are sent
) -> float:
    ca = folder / "certificate.pem"
    with SandboxProcess() as sandbox:
        installation = Installation(
            folder,
            sandbox,
            f"sqlite:///{folder}/bench.sqlite3",
            senders=senders,
            per_mailbox=per_mailbox,
            gmail_smtp=f"tls://localhost:{port}",
            smtp_ca_file=ca,
            smtp_private_servers=True,
            log_format="json",  # as deploy/compose.yaml has it
        )
        with installation.build() as services:
            _fill(services, size, WARM + mails)
        worker = [sys.executable, "-m", "service", "worker", "--number"]
        with closing(SinkCount(port, ca)) as count, ExitStack() as workers:
            for number in range(WORKERS):
                workers.enter_context(running([*worker, str(number)], environment=installation.environment))
            _await(lambda: count.read() >= WARM)
            before, begun = count.read(), time.perf_counter()
            _await(lambda: count.read() >= WARM + mails)
            return (WARM + mails - before) / (time.perf_counter() - begun)


def _fill(services: Services, size: int, mails: int) -> None:
    tenant_id = add_tenant(services).id
    login = (services.ground.settings.gmail_smtp, PASSWORD)
    mailbox = add_login(
        services, tenant_id, "rechnung@muster.example", kind=WayKind.APP_PASSWORD, login=login
    )
    pdf = BytesContent(pdf_bytes(size))
    threads = [
        threading.Thread(target=_submit, args=(services, mailbox, pdf, range(first, mails, 8)))
        for first in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _submit(services: Services, mailbox: Connection, pdf: BytesContent, numbers: range) -> None:
    for number in numbers:
        message = Message(
            sender=Address(mailbox.address),
            to=(Address("kunde@example.com"),),
            subject=f"Rechnung {number}",
            text=TEXT,
            html=HTML,
            attachments=(Attachment("rechnung.pdf", "application/pdf", pdf),),
        )
        services.submit.submit(Order(mailbox, message, f"bench-{number}"))


def _await(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


if __name__ == "__main__":
    run()
