"""From the queue to the sandbox: messages a second and CPU a message, with 1, 8 and 32 sender threads."""

import random
import tempfile
import threading
import time
from pathlib import Path

from service.connections.connection import Connection
from service.mail.address import Address
from service.mail.attachment import Attachment, BytesContent
from service.mail.message import Message
from service.outbox.submit import Order
from service.wiring import Services
from tests.harness import Installation, add_tenant, connect
from tests.sandbox_process import SandboxProcess

MESSAGES = 1000
MAILBOXES = 32
PDF_BYTES = 100_000


def run() -> None:
    """Print the table."""
    print(f"\nQueue to sandbox: {MESSAGES} mails, {PDF_BYTES // 1000} kB PDF, {MAILBOXES} mailboxes, SQLite")
    print(f"{'senders':>8}{'mails/s':>10}{'CPU µs/mail':>14}")
    for senders in (1, 8, 32):
        with tempfile.TemporaryDirectory() as name, SandboxProcess() as sandbox:
            folder = Path(name)
            database_url = f"sqlite:///{folder}/bench.sqlite3"
            installation = Installation(folder, sandbox, database_url, senders=senders, per_mailbox=4)
            with installation.build() as services:
                _fill(services)
                seconds, cpu_s = _drain(services, sandbox)
            sent = len(sandbox.sent())
            if sent != MESSAGES:
                raise AssertionError(f"{sent} of {MESSAGES} mails arrived")
            print(f"{senders:8}{MESSAGES / seconds:10.0f}{cpu_s / MESSAGES * 1e6:14.0f}")


def _fill(services: Services) -> None:
    tenant = add_tenant(services)
    mailboxes = [connect(services, tenant.id, f"box{number}@muster.example") for number in range(MAILBOXES)]
    pdf = BytesContent(b"%PDF-1.7\n" + random.Random(1).randbytes(PDF_BYTES - 9))
    threads = [
        threading.Thread(target=_submit, args=(services, tenant.id, mailboxes, pdf, first))
        for first in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _submit(
    services: Services, tenant_id: str, mailboxes: list[Connection], pdf: BytesContent, first: int
) -> None:
    for number in range(first, MESSAGES, 8):
        mailbox = mailboxes[number % len(mailboxes)]
        message = Message(
            sender=Address(mailbox.address),
            to=(Address("kunde@example.com"),),
            subject=f"Rechnung {number}",
            text="Guten Tag,\n\nim Anhang finden Sie Ihre Rechnung.\n",
            attachments=(Attachment("rechnung.pdf", "application/pdf", pdf),),
        )
        services.submit.submit(Order(mailbox, message, f"bench-{number}"))


def _drain(services: Services, sandbox: SandboxProcess) -> tuple[float, float]:
    dispatcher = threading.Thread(target=services.dispatcher.run)
    begun, cpu_begun = time.perf_counter(), time.process_time()
    dispatcher.start()
    while sandbox.accepted() < MESSAGES:
        time.sleep(0.05)
    seconds, cpu_s = time.perf_counter() - begun, time.process_time() - cpu_begun
    services.dispatcher.stop()
    dispatcher.join()
    return seconds, cpu_s


if __name__ == "__main__":
    run()
