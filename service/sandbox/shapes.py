"""The Gmail API's answers, as its discovery document (revision 20261005) describes them."""

import email.policy
from email.message import Message
from email.parser import BytesParser
from typing import Any

from service.sandbox.accounts import Account
from service.sandbox.post import SENT, Mail
from service.sandbox.signing import encode

_INLINE_BYTES = 8 * 1024  # larger part bodies only come by attachments.get


def minimal(mail: Mail) -> dict[str, Any]:
    """What ``messages.send`` answers."""
    return {"id": mail.mail_id, "threadId": mail.thread_id, "labelIds": [mail.label]}


def message(mail: Mail, form: str, wanted: list[str]) -> dict[str, Any]:
    """What ``messages.get`` answers.

    Args:
        mail: the one that was asked for.
        form: ``full``, ``metadata``, ``minimal`` or ``raw``.
        wanted: for ``metadata`` the header names to give; all when empty.
    """
    answer = minimal(mail) | {
        "historyId": str(mail.number),
        "internalDate": str(mail.at_ms),
        "sizeEstimate": mail.size_bytes,
        "snippet": "",
    }
    if form == "raw":
        answer["raw"] = encode(mail.content())
    elif form == "full":
        parser = BytesParser(policy=email.policy.compat32)
        answer["payload"] = _part(parser.parsebytes(mail.content()), "")
    elif form == "metadata":
        answer["payload"] = _head(mail, {name.lower() for name in wanted})
    return answer


def page(found: list[Mail], start: int, size: int) -> dict[str, Any]:
    """What ``messages.list`` answers."""
    answer: dict[str, Any] = {"resultSizeEstimate": len(found)}
    if found[start : start + size]:
        answer["messages"] = [
            {"id": mail.mail_id, "threadId": mail.thread_id} for mail in found[start : start + size]
        ]
    if start + size < len(found):
        answer["nextPageToken"] = str(start + size)
    return answer


def aliases(account: Account) -> dict[str, Any]:
    """What ``sendAs.list`` answers: the account first, then its aliases, verified or pending."""
    primary = {
        "sendAsEmail": account.address,
        "displayName": account.name,
        "replyToAddress": "",
        "signature": "",
        "isPrimary": True,
        "isDefault": True,
    }
    others = [
        {
            "sendAsEmail": alias,
            "displayName": account.name,
            "replyToAddress": "",
            "signature": "",
            "isDefault": False,
            "treatAsAlias": True,
            "verificationStatus": "accepted" if alias in account.aliases else "pending",
        }
        for alias in sorted(account.aliases | account.pending)
    ]
    return {"sendAs": [primary, *others]}


def profile(account: Account, mails: list[Mail]) -> dict[str, Any]:
    """What ``getProfile`` answers."""
    return {
        "emailAddress": account.address,
        "messagesTotal": len(mails),
        "threadsTotal": len({mail.thread_id for mail in mails}),
        "historyId": str(max((mail.number for mail in mails), default=0)),
    }


def _head(mail: Mail, wanted: set[str]) -> dict[str, Any]:
    headers = [
        {"name": field.raw.partition(b":")[0].decode("latin-1"), "value": field.value}
        for field in mail.letter.fields
        if (not wanted or field.name in wanted) and (mail.label == SENT or field.name != "bcc")
    ]
    media_type = mail.letter.field("content-type").partition(";")[0].strip().lower()
    return {"mimeType": media_type or "text/plain", "headers": headers}


def _part(part: Message, part_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "partId": part_id,
        "mimeType": part.get_content_type(),
        "filename": part.get_filename() or "",
        "headers": [{"name": name, "value": _unfolded(value)} for name, value in part.items()],
    }
    if part.get_content_maintype() == "multipart":
        answer["body"] = {"size": 0}
        prefix = f"{part_id}." if part_id else ""
        children = part.get_payload()
        if isinstance(children, list):
            answer["parts"] = [_part(child, f"{prefix}{number}") for number, child in enumerate(children)]
        return answer
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    answer["body"] = {"size": len(content)}
    if answer["filename"] or len(content) > _INLINE_BYTES:
        answer["body"]["attachmentId"] = f"ANGjdJ{part_id or '0'}"
    else:
        answer["body"]["data"] = encode(content)
    return answer


def _unfolded(value: object) -> str:
    return str(value).replace("\r\n", "").replace("\n", "")
