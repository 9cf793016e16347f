"""Addresses to which an application wants the browser to go back."""

from urllib.parse import urlsplit

from service.errors import Problem
from service.settings import is_loopback

MAX_URL = 2000


def return_url_problems(url: str | None) -> list[Problem]:
    """What is wrong with it: it must be a plain https address, or http on this machine itself."""
    problem = Problem("/return_url", "invalid-url", "The return address must be a plain https address.")
    if url is None:
        return []
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > MAX_URL:
        return [problem]
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return [problem]
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    return [] if is_safe and host and "@" not in parts.netloc else [problem]
