"""The mailbox pages: every account and address, what it sent and received, and what is inside."""

import io

from flask import Blueprint, Response, abort, render_template, send_file

from service.sandbox.google import Google
from service.sandbox.parts import attachment_content, attachments, texts
from service.sandbox.post import INBOX, RELAYED, SENT, Mail

# A mail is foreign matter: no script, nothing from outside, HTML parts only in a sandboxed frame.
_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; "
    "frame-src 'self'; frame-ancestors 'none'"
)


def create_pages(google: Google) -> Blueprint:
    """The pages over one state."""
    blueprint = Blueprint("pages", __name__)
    pages = _Pages(google)
    blueprint.add_url_rule("/", "overview", pages.overview)
    blueprint.add_url_rule("/mailboxes/<address>", "mailbox", pages.mailbox)
    blueprint.add_url_rule("/mails/<mail_id>", "mail", pages.mail)
    blueprint.add_url_rule("/mails/<mail_id>/raw", "raw", pages.raw)
    blueprint.add_url_rule("/mails/<mail_id>/attachments/<int:number>", "attachment", pages.attachment)
    blueprint.after_request(guard)
    return blueprint


class _Pages:
    def __init__(self, google: Google) -> None:
        self._google = google

    def overview(self) -> str:
        """All mailboxes."""
        post = self._google.post
        accounts = self._google.directory.accounts()
        own = {account.key for account in accounts}
        others = [address for address in post.addresses() if address not in own]
        counts = {
            address: (len(post.box(address, SENT)), len(post.box(address, INBOX)))
            for address in (*own, *others)
        }
        return render_template("overview.html", accounts=accounts, others=others, counts=counts)

    def mailbox(self, address: str) -> str:
        """What one address sent and received, newest first."""
        post = self._google.post
        mails = sorted(post.box(address) + post.sent_by(address, RELAYED), key=lambda mail: mail.number)
        newest = list(reversed(mails))[:500]
        return render_template("mailbox.html", address=address, mails=newest, total=len(mails))

    def mail(self, mail_id: str) -> str:
        """One mail: headers, text, attachments."""
        mail = self._found(mail_id)
        head = mail.letter.head(is_sent=mail.is_sent).decode("utf-8", "replace")
        return render_template(
            "mail.html", mail=mail, head=head, texts=texts(mail.letter), attachments=attachments(mail.letter)
        )

    def raw(self, mail_id: str) -> Response:
        """The mail as it stands."""
        return Response(self._found(mail_id).content(), content_type="text/plain; charset=utf-8")

    def attachment(self, mail_id: str, number: int) -> Response:
        """One attachment, always as a download."""
        letter = self._found(mail_id).letter
        content = attachment_content(letter, number)
        if content is None:
            abort(404)
        return send_file(
            io.BytesIO(content),
            mimetype="application/octet-stream",
            as_attachment=True,
            download_name=attachments(letter)[number].filename,
        )

    def _found(self, mail_id: str) -> Mail:
        return self._google.post.find(mail_id) or abort(404)


def guard(answer: Response) -> Response:
    """Headers of every page for people."""
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
