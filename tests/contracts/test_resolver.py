"""The contract of ``domains.ports.Resolver``: the system's over a real name server, and the tests' own."""

from collections.abc import Iterator

import dns.exception
import dns.resolver
import pytest

from service.domains.ports import Resolver
from service.domains.system import SystemResolver
from tests.fakes.names import FakeResolver, Zone, name_server

ZONE = Zone()
ZONE.text("muster.example", "v=spf1 -all", "other")
ZONE.text("long.muster.example", "x" * 900)
ZONE.silent = {"silent.muster.example"}


@pytest.fixture(params=["system", "fake"], scope="module")
def resolver(request: pytest.FixtureRequest) -> Iterator[Resolver]:
    """Each adapter over the same zone."""
    if request.param == "fake":
        yield FakeResolver(ZONE)
        return
    with name_server(ZONE) as port:
        yield SystemResolver(["127.0.0.1"], port)


def texts(resolver: Resolver, name: str) -> list[str]:
    """The TXT records of a name."""
    return sorted(b"".join(one.strings).decode() for one in resolver.look_up(name, "TXT", 2.0))  # type: ignore[attr-defined]  # TXT has strings


def test_all_records_of_a_name_come(resolver: Resolver) -> None:
    """Each with its strings."""
    assert texts(resolver, "muster.example") == ["other", "v=spf1 -all"]


def test_a_record_larger_than_a_datagram_comes_whole(resolver: Resolver) -> None:
    """By TCP, where it does not fit (RFC 7766)."""
    assert texts(resolver, "long.muster.example") == ["x" * 900]


def test_a_name_that_there_is_not(resolver: Resolver) -> None:
    """Is said to be none."""
    with pytest.raises(dns.resolver.NXDOMAIN):
        resolver.look_up("nothing.example", "TXT", 2.0)


def test_a_name_without_such_a_record(resolver: Resolver) -> None:
    """Is said to have none."""
    with pytest.raises(dns.resolver.NoAnswer):
        resolver.look_up("muster.example", "MX", 2.0)


def test_silence_ends_in_time(resolver: Resolver) -> None:
    """And is neither of the two."""
    with pytest.raises(dns.exception.Timeout):
        resolver.look_up("silent.muster.example", "TXT", 0.2)


def test_nobody_listens() -> None:
    """A name server that is not there is a failure of the DNS, too."""
    with name_server(Zone()) as port:
        pass

    with pytest.raises((dns.exception.DNSException, OSError)):
        SystemResolver(["127.0.0.1"], port).look_up("muster.example", "TXT", 0.2)
