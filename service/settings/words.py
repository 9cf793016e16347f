"""What single values may look like."""

import ipaddress
import re
from urllib.parse import urlsplit

from psycopg.pq import Conninfo

PREFIX = "POSTAUSGANG_"
DOMAIN_OF_TENANT = re.compile(r"[a-z0-9.-]+=ten_[0-9a-z]{26}")


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def port_of(url: str) -> int | None:
    """The port of an address, ``None`` where it names none; 0 where it is none, or there is no host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # its text would repeat the address
        return 0
    return port if parts.hostname else 0


def listed(text: str) -> list[str]:
    """The parts of a list with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def postgresql_options() -> frozenset[str]:
    """What may stand after the question mark of a database's URL: libpq's parameter key words."""
    return frozenset(option.keyword.decode() for option in Conninfo.get_defaults())
