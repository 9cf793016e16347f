"""How a program sends an invoice: the same request in three languages, ready to be copied."""

from string import Template
from typing import NamedTuple


class Sample(NamedTuple):
    """One program. The name is its language's own."""

    name: str
    text: str


class _Text(Template):
    delimiter = "%"  # a dollar means something in PHP and in a shell


_CURL = _Text("""curl %{url}/v1/messages \\
  -H "Authorization: Bearer %{key}" \\
  -H "Idempotency-Key: RE-2026-0042/1" \\
  -F 'message={"connection": "%{connection}",
      "to": ["kunde@example.com"], "subject": "Rechnung RE-2026-0042",
      "text": "Guten Tag, anbei Ihre Rechnung."};type=application/json' \\
  -F 'attachments=@RE-2026-0042.pdf;type=application/pdf'""")

_PHP = _Text("""<?php
$request = curl_init('%{url}/v1/messages');
curl_setopt_array($request, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => [
        'Authorization: Bearer %{key}',
        'Content-Type: application/json',
        'Idempotency-Key: RE-2026-0042/1',
    ],
    CURLOPT_POSTFIELDS => json_encode([
        'connection' => '%{connection}',
        'to' => ['kunde@example.com'],
        'subject' => 'Rechnung RE-2026-0042',
        'text' => 'Guten Tag, anbei Ihre Rechnung.',
        'attachments' => [[
            'filename' => 'RE-2026-0042.pdf',
            'content_type' => 'application/pdf',
            'content' => base64_encode(file_get_contents('RE-2026-0042.pdf')),
        ]],
    ]),
]);
$message = json_decode(curl_exec($request), true);
echo $message['id'] ?? $message['detail'];""")

_PYTHON = _Text("""import base64, pathlib, requests

pdf = pathlib.Path("RE-2026-0042.pdf").read_bytes()
answer = requests.post(
    "%{url}/v1/messages",
    headers={
        "Authorization": "Bearer %{key}",
        "Idempotency-Key": "RE-2026-0042/1",
    },
    json={
        "connection": "%{connection}",
        "to": ["kunde@example.com"],
        "subject": "Rechnung RE-2026-0042",
        "text": "Guten Tag, anbei Ihre Rechnung.",
        "attachments": [
            {
                "filename": "RE-2026-0042.pdf",
                "content_type": "application/pdf",
                "content": base64.b64encode(pdf).decode(),
            }
        ],
    },
    timeout=30,
)
answer.raise_for_status()
print(answer.json()["id"])""")


def samples(url: str, key: str, connection_id: str) -> list[Sample]:
    """The programs for this service, key and connection."""
    filled = {"url": url, "key": key, "connection": connection_id}
    programs = (("curl", _CURL), ("PHP", _PHP), ("Python", _PYTHON))
    return [Sample(name, text.substitute(filled)) for name, text in programs]
