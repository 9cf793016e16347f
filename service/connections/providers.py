"""Mailbox providers that everybody knows by the address and that are not Google."""

SERVERS = (
    ("GMX", "mail.gmx.net"),
    ("WEB.DE", "smtp.web.de"),
    ("T-Online", "securesmtp.t-online.de"),
    ("IONOS", "smtp.ionos.de"),
    ("STRATO", "smtp.strato.de"),
)
"""Their mail servers for submission by TLS on port 465 (RFC 8314), as commonly known; none was asked."""

_DOMAINS = frozenset(
    {
        "aol.com",
        "arcor.de",
        "freenet.de",
        "gmx.at",
        "gmx.ch",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "hotmail.com",
        "hotmail.de",
        "icloud.com",
        "live.com",
        "live.de",
        "magenta.de",
        "mail.de",
        "mailbox.org",
        "me.com",
        "outlook.com",
        "outlook.de",
        "posteo.de",
        "proton.me",
        "protonmail.com",
        "t-online.de",
        "web.de",
        "yahoo.com",
        "yahoo.de",
    }
)


def is_elsewhere(address: str) -> bool:
    """Whether a mailbox of this address cannot be with Google: its domain is another provider's own."""
    return address.lower().rpartition("@")[2] in _DOMAINS
