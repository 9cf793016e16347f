"""How a caller writes a message: as JSON, or as a form whose files are parts of their own."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from service.mail.address import Address
from service.mail.attachment import Attachment
from service.mail.message import Message
from tests.mail.random_mail import admitted

_BOUNDARY = "grenze-7d1f4c0a9b"  # in no random file
_AS_PEOPLE_WRITE_IT = {"xn--mller-kva.de": "müller.de"}


@dataclass(frozen=True)
class Posting:
    """What is meant, and how it is written.

    Attributes:
        is_form: multipart/form-data instead of JSON.
        is_quoted: display names in quotes, also where that is not needed.
    """

    message: Message
    is_form: bool
    is_quoted: bool

    @property
    def content_type(self) -> str:
        """Of the request."""
        return f"multipart/form-data; boundary={_BOUNDARY}" if self.is_form else "application/json"

    @property
    def body(self) -> bytes:
        """Of the request."""
        message = self.message
        fields: dict[str, Any] = {
            "from": self._written(message.sender),
            **{
                name: [self._written(address) for address in getattr(message, name)]
                for name in ("to", "cc", "bcc", "reply_to")
            },
            "subject": message.subject,
            "headers": dict(message.headers),
            "text": message.text,
            "html": message.html,
        }
        if not self.is_form:
            return json.dumps(
                fields | {"attachments": [_json_file(one) for one in message.attachments]}
            ).encode()
        # Here the text is UTF-8 as it is; json.dumps above writes it as \u escapes.
        text = _part('name="message"', json.dumps(fields, ensure_ascii=False).encode())
        files = [_form_file(one) for one in message.attachments]
        return b"".join([*files, text, f"--{_BOUNDARY}--\r\n".encode()])

    def _written(self, address: Address) -> str:
        local, _, domain = address.spec.rpartition("@")
        spec = f"{local}@{_AS_PEOPLE_WRITE_IT.get(domain, domain)}"
        name = address.name
        if not name:
            return spec
        if self.is_quoted or name != name.strip() or name.startswith('"'):
            escaped = name.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}" <{spec}>'
        return f"{name} <{spec}>"


def postings(sender: str) -> SearchStrategy[Posting]:
    """Any message that the API admits, in each way of writing it."""
    return st.builds(Posting, admitted(sender), st.booleans(), st.booleans())


def _json_file(file: Attachment) -> dict[str, str | None]:
    return {
        "filename": file.filename,
        "content_type": file.content_type,
        "content_id": file.content_id,
        "content": base64.b64encode(_octets(file)).decode(),
        "sha256": file.content.sha256,
    }


def _form_file(file: Attachment) -> bytes:
    # As browsers write it, which percent-encode the quotation mark alone (WHATWG HTML, form submission).
    filename = file.filename.replace('"', "%22")
    lines = [f"Content-Type: {file.content_type}"]
    if file.content_id is not None:
        lines.append(f"Content-ID: <{file.content_id}>")
    return _part(f'name="attachments"; filename="{filename}"', _octets(file), *lines)


def _part(parameters: str, body: bytes, *lines: str) -> bytes:
    head = [f"--{_BOUNDARY}", f"Content-Disposition: form-data; {parameters}", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body + b"\r\n"


def _octets(file: Attachment) -> bytes:
    return b"".join(file.content.chunks())
