"""DKIM (RFC 6376): whether the key is published with which Google signs."""

import re

import dns.exception
import dns.resolver

from service.domains.report import Finding, Record, Result, Subject
from service.domains.watched import Watched

GOOGLE_SELECTOR = "google"
"""What the Admin console proposes; an admin may have chosen another one."""

_NAME = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\Z"
)
MAX_SELECTOR = 100


def is_selector(text: str) -> bool:
    """Whether it can be a selector (RFC 6376 §3.1)."""
    return len(text) <= MAX_SELECTOR and _NAME.match(text) is not None


def find_key(domain: str, selector: str | None, resolver: Watched) -> Finding:
    """The key of a selector.

    Without a selector Google's proposal is tried; not to find that one proves nothing, because the DNS lists
    no selectors.
    """
    name = f"{selector or GOOGLE_SELECTOR}._domainkey.{domain}"
    try:
        records = resolver.resolve(name)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        records = []
    except dns.exception.DNSException:
        return Finding(Subject.DKIM, Result.UNKNOWN, "dns-unavailable")
    for record in records:
        text = b"".join(record.strings).decode("utf-8", "replace")
        key = _tags(text).get("p")
        if key:
            return Finding(Subject.DKIM, Result.OK, found=Record(name, text))
        if key is not None:  # RFC 6376 §3.6.1: an empty one means revoked
            return Finding(Subject.DKIM, Result.FAILED, "dkim-revoked", Record(name, text))
    if selector is None:
        return Finding(Subject.DKIM, Result.UNKNOWN, "dkim-not-found")
    return Finding(Subject.DKIM, Result.FAILED, "dkim-missing")


def _tags(text: str) -> dict[str, str]:
    """RFC 6376 §3.2: ``name=value`` parted by semicolons, spaces anywhere."""
    pairs = (pair.partition("=") for pair in text.split(";"))
    return {name.strip(): "".join(value.split()) for name, is_pair, value in pairs if is_pair}
