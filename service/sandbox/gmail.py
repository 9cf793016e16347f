"""The Gmail API: send, get, list, aliases and profile, with Google's checks in Google's order."""

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, Response, jsonify, request

from service.sandbox import scopes as known
from service.sandbox import shapes
from service.sandbox.accounts import Account
from service.sandbox.fault import Fault
from service.sandbox.fault_table import FAULTS
from service.sandbox.google import Google
from service.sandbox.letter import LetterError, accept
from service.sandbox.mime import open_part, split
from service.sandbox.play import answered, gmail_error
from service.sandbox.post import RELAYED
from service.sandbox.search import QueryError, parse
from service.sandbox.spool import Slice
from service.sandbox.tokens import Access

MAX_UPLOAD_BYTES = 36_700_160
MAX_JSON_BYTES = 6_500_000  # observed, undocumented (google.md §5.1)
_BASE64URL = re.compile(rb"[A-Za-z0-9_-]*={0,2}")
_USER = "/gmail/v1/users/<user>"


class RefusedError(Exception):
    """Gmail says no, in the words of a row of the fault table."""

    def __init__(self, fault: Fault, words: dict[str, str]) -> None:
        super().__init__(fault.name)
        self.fault = fault
        self.words = words


def create_gmail(google: Google) -> Blueprint:
    """The API over one state."""
    blueprint = Blueprint("gmail", __name__)
    api = _Api(google)
    rules: tuple[tuple[str, str, str, Callable[..., Response]], ...] = (
        ("POST", f"/upload{_USER}/messages/send", "send", api.upload),
        ("POST", f"{_USER}/messages/send", "send", api.send_raw),
        ("GET", f"{_USER}/messages", "list", api.list_mails),
        ("GET", f"{_USER}/messages/<mail_id>", "get", api.get_mail),
        ("GET", f"{_USER}/settings/sendAs", "sendAs", api.list_aliases),
        ("GET", f"{_USER}/profile", "profile", api.profile),
    )
    for method, path, place, view in rules:
        blueprint.add_url_rule(path, view.__name__, _Guard(google, place, view), methods=[method])
    return blueprint


class _Guard:
    """What comes before every call: faults, token, scope, user."""

    def __init__(self, google: Google, place: str, view: Callable[..., Response]) -> None:
        self._google = google
        self._place = place
        self._view = view

    def __call__(self, user: str, **path: str) -> Response:
        self._google.counters.add(self._place)
        text = request.headers.get("Authorization", "").removeprefix("Bearer ")
        access = self._google.tokens.find_access(text)
        address = access.address if access else ""
        return answered(self._google, self._place, address, lambda: self._answer(access, user, path))

    def _answer(self, access: Access | None, user: str, path: dict[str, str]) -> Response:
        try:
            return self._view(*self._admit(access, user), **path)
        except RefusedError as refusal:
            return gmail_error(refusal.fault, **refusal.words)

    def _admit(self, access: Access | None, user: str) -> tuple[Account, Access]:
        account = self._google.directory.find_account(access.address) if access else None
        if access is not None and self._google.service_accounts.find(access.address):
            raise _refused("failedPrecondition")  # a service account has no mailbox of its own
        if access is None or account is None:
            raise _refused("authError")
        if not access.scopes & known.NEEDED[self._place]:
            raise _refused("insufficientPermissions")
        if user != "me" and user.lower() != account.key:
            raise _refused("delegation_denied", account=user)
        return account, access


class _Api:
    def __init__(self, google: Google) -> None:
        self._google = google

    def upload(self, account: Account, _access: Access) -> Response:
        """``messages.send`` by upload: ``uploadType=media`` or ``multipart``."""
        kind = request.args.get("uploadType", "media")
        media_type = request.mimetype
        if kind == "media" and media_type == "message/rfc822":
            return self._send(account, self._received(), None)
        if kind == "multipart" and media_type == "multipart/related":
            thread_id, content = _related(
                self._received().read(), request.mimetype_params.get("boundary", "")
            )
            return self._send(account, self._google.spool.keep(content), thread_id)
        sentence = f"Media type '{media_type}' is not supported. Valid media types: [message/rfc822]"
        raise _refused("badRequest", sentence)

    def send_raw(self, account: Account, _access: Access) -> Response:
        """``messages.send`` by JSON: the mail as base64url in ``raw``."""
        if (request.content_length or 0) > MAX_JSON_BYTES:
            raise _too_large()
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not isinstance(body.get("raw"), str) or not body["raw"]:
            raise _refused("raw_required")
        raw = body["raw"].encode("utf-8", "replace")
        if not _BASE64URL.fullmatch(raw):
            raise _refused(
                "badRequest", "Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed"
            )
        try:
            content = base64.urlsafe_b64decode(raw.rstrip(b"=") + b"=" * (-len(raw.rstrip(b"=")) % 4))
        except binascii.Error:
            raise _refused("badRequest", "Invalid value at 'message.raw' (TYPE_BYTES)") from None
        thread_id = body.get("threadId")
        return self._send(
            account, self._google.spool.keep(content), thread_id if isinstance(thread_id, str) else None
        )

    def list_mails(self, account: Account, access: Access) -> Response:
        """``messages.list``, newest first."""
        query = request.args.get("q", "")
        if query and not access.scopes & known.WITH_CONTENT:
            raise _refused("forbidden", "Metadata scope does not support 'q' parameter")
        labels = set(request.args.getlist("labelIds"))
        try:
            fits = parse(query)
            size = min(int(request.args.get("maxResults", "100")), 500)
            start = int(request.args.get("pageToken", "0"))
            found = [
                mail
                for mail in reversed(self._google.post.box(account.address))
                if labels <= {mail.label} and fits(mail)
            ]
        except (QueryError, ValueError, OverflowError, OSError):  # the last two: a date beyond all calendars
            raise _refused("badRequest", "Invalid value") from None
        return jsonify(shapes.page(found, start, max(size, 1)))

    def get_mail(self, account: Account, access: Access, mail_id: str) -> Response:
        """``messages.get`` in its four formats."""
        form = request.args.get("format", "full").lower()
        mail = self._google.post.find(mail_id)
        if form not in {"full", "raw", "metadata", "minimal"}:
            raise _refused("badRequest", "Invalid value at 'format'")
        if form in {"full", "raw"} and not access.scopes & known.WITH_CONTENT:
            raise _refused("forbidden", f"Metadata scope doesn't allow format {form.upper()}")
        if mail is None or mail.owner != account.key or mail.label == RELAYED:
            raise _refused("notFound")
        return jsonify(shapes.message(mail, form, request.args.getlist("metadataHeaders")))

    def list_aliases(self, account: Account, _access: Access) -> Response:
        """``users.settings.sendAs.list``."""
        return jsonify(shapes.aliases(account))

    def profile(self, account: Account, _access: Access) -> Response:
        """``users.getProfile``."""
        return jsonify(shapes.profile(account, self._google.post.box(account.address)))

    def _received(self) -> Slice:
        """The upload, straight from the socket to the spool."""
        size = request.content_length
        if size is None:
            content = request.environ["wsgi.input"].read()
            if len(content) > MAX_UPLOAD_BYTES:
                raise _too_large()
            return self._google.spool.keep(content)
        if size > MAX_UPLOAD_BYTES:
            raise _too_large()
        return self._google.spool.receive(request.environ["wsgi.input"], size)

    def _send(self, account: Account, upload: Slice, thread_id: str | None) -> Response:
        at = self._google.clock.now()
        if self._google.limits.is_reached(account.address):
            raise _refused("quota_429_mail_sending", retry_at=self._google.limits.retry_at(account.address))
        try:
            letter = accept(upload, account=account.address, aliases=account.aliases, at=at)
        except LetterError as error:
            raise _refused("invalid_to_header", str(error)) from error
        mail = self._google.post.send(letter, account=account.address, at=at, thread_id=thread_id)
        self._google.counters.add("accepted")
        return jsonify(shapes.minimal(mail))


def _related(content: bytes, boundary: str) -> tuple[str | None, bytes]:
    """The JSON part's thread id and the mail of a multipart/related upload."""
    parts = split(content, boundary)
    if not boundary or len(parts) != 2:  # noqa: PLR2004 - JSON and mail
        raise _refused("badRequest", "Malformed multipart body.")
    described, mail = open_part(parts[0]).body, open_part(parts[1])
    try:
        wanted = json.loads(described or b"{}")
    except ValueError:
        raise _refused("badRequest", "Parse Error") from None
    thread_id = wanted.get("threadId") if isinstance(wanted, dict) else None
    return (thread_id if isinstance(thread_id, str) else None), mail.octets()


def _refused(name: str, sentence: str | None = None, **words: str) -> RefusedError:
    fault = next(row for row in FAULTS[name] if row.kind == "gmail")
    return RefusedError(fault if sentence is None else replace(fault, message=sentence), words)


def _too_large() -> RefusedError:
    return _refused("uploadTooLarge")
