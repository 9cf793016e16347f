"""Which addresses of the network may be spoken to where a user has named the host.

Else a host name of theirs could lead this machine to its own services, or into the network around it. All
addresses of a name are judged before one is connected to, and that very one is: a name that answers
differently the second time gets nothing by it.
"""

import ipaddress
import socket

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Python 3.11 calls some of these global: they carry an IPv4 address, are no unicast, or are long withdrawn.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "::/96",  # IPv4-compatible (RFC 4291 §2.5.5.1)
        "::ffff:0:0:0/96",  # IPv4-translated (RFC 2765)
        "64:ff9b::/96",  # NAT64 (RFC 6052)
        "64:ff9b:1::/48",  # NAT64 of a site (RFC 8215)
        "2001::/23",  # Teredo, ORCHID and other protocol assignments (RFC 2928)
        "2002::/16",  # 6to4 (RFC 3056)
        "fec0::/10",  # site-local (RFC 3879)
    )
)


class PrivateAddressError(OSError):
    """The host's address is not a public one."""


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet; ``text`` may carry a zone (RFC 4007)."""
    address = _plain(ipaddress.ip_address(text.partition("%")[0]))
    if not address.is_global or address.is_multicast:
        return False
    return not any(address in network for network in _NOT_PUBLIC if network.version == address.version)


def connect(host: str, port: int, *, timeout_s: float, only_public: bool) -> socket.socket:
    """A TCP connection to ``host``; ``timeout_s`` is for each of its addresses.

    Raises:
        PrivateAddressError: ``only_public``, and one of its addresses is not.
        OSError: it cannot be reached.
    """
    if not only_public:
        return socket.create_connection((host, port), timeout=timeout_s)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not all(is_public(str(entry[4][0])) for entry in found):
        raise PrivateAddressError(f"{host} is an address of a private network")
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(timeout_s)
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


def _plain(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 one stands for (RFC 4291 §2.5.5.2)."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return address if mapped is None else mapped
