"""What ``smtp.gmail.com`` and ``smtp-relay.gmail.com`` do differently (google.md §3.2, §6, §7.1)."""

import re
from datetime import datetime
from typing import Protocol

from service.sandbox.google import Google
from service.sandbox.letter import Letter
from service.sandbox.post import RELAY, SMTP
from service.sandbox.smtp.acceptance import RefusedMailError, relayed, submitted
from service.sandbox.smtp.replies import Reply, refused, said
from service.sandbox.smtp.visit import Envelope, Octets, Visit, domain_of

_QUALIFIED = re.compile(
    r"(?=.{4,253}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]*[a-z0-9]\.?", re.IGNORECASE
)
_NOWHERE = (".localdomain", ".localhost", ".local", ".internal")
_LITERAL = re.compile(r"\[(?!127\.|IPv6:::1\])[0-9A-Fa-f.:IPv]+\]")


class House(Protocol):
    """One of Google's two SMTP hosts; ``place`` is its name in the fault table."""

    name: str
    place: str
    mechanisms: str

    def check_name(self, helo: str) -> Reply | None:
        """What is wrong with the client's name in EHLO."""

    def check_sender(self, visit: Visit, sender: str, *, is_secure: bool) -> Reply | None:
        """Why this client may not send as this envelope sender."""

    def deliver(self, visit: Visit, envelope: Envelope, content: Octets) -> Reply:
        """Take a mail; ``RefusedMailError`` when it does not comply."""


class Submission:
    """``smtp.gmail.com``: whoever signed in sends as that account."""

    name = "smtp.gmail.com"
    place = "submission"
    mechanisms = "LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH"

    def __init__(self, google: Google) -> None:
        self._google = google

    def check_name(self, helo: str) -> Reply | None:
        """Any name will do."""
        del helo
        return None

    def check_sender(self, visit: Visit, sender: str, *, is_secure: bool) -> Reply | None:
        """Any sender, once signed in; Google puts the account in its place."""
        del sender
        if not is_secure:
            return refused("starttls_first")
        if visit.account is None:
            return refused("auth_required")
        if visit.token and self._google.tokens.find_access(visit.token) is None:
            return self._expired()
        return None

    def deliver(self, visit: Visit, envelope: Envelope, content: Octets) -> Reply:
        """Into *Sent* and to the envelope's recipients."""
        account = visit.account
        if account is None or self._google.limits.is_reached(account.address):
            raise RefusedMailError("daily_limit")
        at = self._google.clock.now()
        upload = self._google.spool.keep(content)
        letter = submitted(upload, envelope, account=account.address, aliases=account.aliases, at=at)
        return _posted(self._google, letter, account.address, SMTP, at)

    def _expired(self) -> Reply | None:
        rows = {"421": "connection_expired", "530": "auth_required", "535": "bad_credentials"}
        row = rows.get(self._google.smtp.expired_token)
        return None if row is None else refused(row)


class WorkspaceRelay:
    """``smtp-relay.gmail.com``: a registered IP or an app password is enough for the whole domain."""

    name = "smtp-relay.gmail.com"
    place = "relay"
    mechanisms = "LOGIN PLAIN"  # XOAUTH2 is told of nowhere (google.md §7.1)

    def __init__(self, google: Google) -> None:
        self._google = google

    def check_name(self, helo: str) -> Reply | None:
        """An unqualified name is turned away in words that look like throttling."""
        is_known = _QUALIFIED.fullmatch(helo) and not helo.lower().rstrip(".").endswith(_NOWHERE)
        return None if is_known or _LITERAL.fullmatch(helo) else refused("ehlo_name")

    def check_sender(self, visit: Visit, sender: str, *, is_secure: bool) -> Reply | None:
        """IP address or sign-in, then the domain, then the list of allowed senders."""
        relay = self._google.relay
        if relay.requires_tls and not is_secure:
            return refused("starttls_first")
        is_user = visit.account is not None and visit.account.hosted_domain is not None
        if not is_user and relay.requires_auth:
            return refused("auth_required")
        domains = {domain_of(sender), visit.helo.lower().rstrip(".")}
        words = {"ip": visit.address, "domain": ", ".join(sorted(domains - {""}))}
        if not is_user and not relay.allows(visit.address):
            return refused("relay_denied", **words)
        if not is_user and not any(self._is_ours(domain) for domain in domains):
            return refused("relay_credentials", **words)
        return self._check_allowed(sender)

    def deliver(self, visit: Visit, envelope: Envelope, content: Octets) -> Reply:
        """To the envelope's recipients, and into nobody's *Sent*."""
        if self._google.limits.is_reached(envelope.sender, by_relay=True):
            raise RefusedMailError("relay_daily_user")
        at = self._google.clock.now()
        letter = relayed(self._google.spool.keep(content), envelope, at=at)
        return _posted(self._google, letter, self._envelope_sender(visit, envelope), RELAY, at)

    def _envelope_sender(self, visit: Visit, envelope: Envelope) -> str:
        """A foreign sender becomes the domain's postmaster."""
        if not envelope.sender or self._is_ours(domain_of(envelope.sender)):
            return envelope.sender
        own = visit.account.hosted_domain if visit.account else None
        return f"postmaster@{own or visit.helo.lower().rstrip('.')}"

    def _check_allowed(self, sender: str) -> Reply | None:
        allowed = self._google.relay.senders
        if allowed == "users" and self._google.directory.find_account(sender) is None:
            return refused("sending_denied")
        if allowed == "domain" and sender and not self._is_ours(domain_of(sender)):
            return refused("sending_denied")
        return None

    def _is_ours(self, domain: str) -> bool:
        return domain in self._google.directory.domains()


def _posted(google: Google, letter: Letter, account: str, transport: str, at: datetime) -> Reply:
    mail = google.post.send(letter, account=account, at=at, transport=transport)
    google.counters.add("accepted")
    google.counters.add(f"accepted:{transport}")
    receipt = f"{mail.mail_id}-{mail.number:x}sm{mail.number}.0"
    return said(250, "2.0.0", f"OK  {int(at.timestamp())} {receipt} - gsmtp", tail="")
