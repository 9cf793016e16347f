"""What the benchmarks post and send: an invoice with a PDF of a given size."""

import base64
import json
import random
from pathlib import Path

from tests.harness import Installation, add_key, add_tenant, connect

TEXT = "Guten Tag Frau Müller,\n\nanbei Ihre Rechnung 2026-0001.\n\nMit freundlichen Grüßen\n" * 5
HTML = "<p>Guten Tag Frau Müller,</p>\n<p>anbei Ihre Rechnung <b>2026-0001</b>.</p>\n" * 5


def pdf_bytes(size: int) -> bytes:
    """Bytes that do not compress, with a PDF's beginning."""
    return b"%PDF-1.7\n" + random.Random(1).randbytes(size - 9)


def prepare(installation: Installation, folder: Path, size: int) -> tuple[dict[str, str], Path, str]:
    """Connect a mailbox and write the request: its head fields, the file of its body, and the tenant."""
    with installation.build() as services:
        tenant = add_tenant(services)
        mailbox = connect(services, tenant.id, "rechnung@muster.example")
        key = add_key(services, tenant.id)
    body = {
        "connection": mailbox.id,
        "to": ["Kundin Beispiel <kunde@example.com>"],
        "subject": "Ihre Rechnung RE-2026-0042",
        "text": "Guten Tag,\n\nim Anhang finden Sie Ihre Rechnung.\n",
        "reference": "RE-2026-0042",
        "attachments": [
            {
                "filename": "RE-2026-0042.pdf",
                "content_type": "application/pdf",
                "content": base64.b64encode(pdf_bytes(size)).decode(),
            }
        ],
    }
    body_file = folder / "body.json"
    body_file.write_text(json.dumps(body))
    return {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}, body_file, tenant.id
