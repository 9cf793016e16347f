"""Which hosts that users name may be spoken to."""

import socket
from contextlib import closing

import pytest

from service.egress import PrivateAddressError, connect, is_public

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104, nothing is bound
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_of_the_internet_is_none(address: str) -> None:
    """Private, reserved, multicast, or one that carries another address inside."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "142.250.1.109", "2a00:1450:4001:80b::2013", "::ffff:8.8.8.8"]
)
def test_an_address_of_the_internet_is_one(address: str) -> None:
    """Of both families."""
    assert is_public(address)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "::1"])
def test_no_spelling_of_this_machine_is_connected_to(host: str) -> None:
    """However its address is written, nothing reaches its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0)
        port = server.getsockname()[1]

        with pytest.raises(PrivateAddressError):
            connect(host, port, timeout_s=1, only_public=True).close()

        with pytest.raises(BlockingIOError):
            server.accept()


def test_the_refusal_can_be_told_from_an_outage() -> None:
    """It has a class of its own."""
    with pytest.raises(PrivateAddressError):
        connect("127.0.0.1", 25, timeout_s=1, only_public=True)


def test_a_host_of_the_operators_may_be_anywhere() -> None:
    """Settings are the operator's own word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]

        with closing(connect("127.0.0.1", port, timeout_s=1, only_public=False)) as sock:
            assert sock.getpeername() == ("127.0.0.1", port)
