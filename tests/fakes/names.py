"""The DNS as tests want it: a zone in memory, and the same zone behind a real server on loopback."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import dns.rrset
from dns.rdata import Rdata

_UDP_SIZE = 512  # RFC 1035 §4.2.1


def txt(text: str) -> str:
    """A TXT record as a zone file writes it, in strings of at most 255 octets."""
    return " ".join(f'"{text[place : place + 255]}"' for place in range(0, max(len(text), 1), 255))


@dataclass
class Zone:
    """What is known.

    Attributes:
        records: kind → name → records as a zone file writes them.
        silent: names about which nothing is answered; ``*`` for all.
    """

    records: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)

    def text(self, name: str, *texts: str) -> None:
        """Replace the TXT records of a name; none takes the name away."""
        self.records.setdefault("TXT", {})[name] = [txt(text) for text in texts]
        if not texts:
            del self.records["TXT"][name]

    def is_silent(self, name: str) -> bool:
        """Whether nobody answers."""
        return bool(self.silent & {name, "*"})

    def knows(self, name: str) -> bool:
        """Whether there is such a name, or one below it."""
        names = {known for of_kind in self.records.values() for known in of_kind}
        return any(known == name or known.endswith(f".{name}") for known in names)

    def of(self, name: str, kind: str) -> list[str]:
        """The records of a name."""
        return self.records.get(kind, {}).get(name, [])


class FakeResolver:
    """Serves ``domains.ports.Resolver`` from a zone.

    Attributes:
        asked: every name and kind, in order.
        failure: what every look-up raises.
        is_slow: whether each look-up uses up all its time.
        now: seconds that were used up.
        before: what happens before a name is looked up.
    """

    def __init__(self, zone: Zone | None = None) -> None:
        self.zone = zone or Zone()
        self.asked: list[tuple[str, str]] = []
        self.failure: OSError | None = None
        self.is_slow = False
        self.now = 0.0
        self.before: Callable[[str], object] = str

    def look_up(self, name: str, kind: str, timeout_s: float) -> Sequence[Rdata]:
        """As the zone says; a silent name times out at once."""
        self.before(name)
        self.asked.append((name, kind))
        self.now += timeout_s if self.is_slow else 0
        if self.failure is not None:
            raise self.failure
        dns.message.make_query(name, kind)  # refuses what cannot be a name
        if self.zone.is_silent(name):
            raise dns.resolver.LifetimeTimeout(timeout=timeout_s, errors=[])  # type: ignore[no-untyped-call]
        if not self.zone.knows(name):
            raise dns.resolver.NXDOMAIN
        found = self.zone.of(name, kind)
        if not found:
            raise dns.resolver.NoAnswer
        return [dns.rdata.from_text("IN", kind, text) for text in found]


@contextmanager
def name_server(zone: Zone) -> Iterator[int]:
    """A name server on 127.0.0.1, by UDP and by TCP; answers its port."""
    udp, tcp = _of_one_port()
    with udp, tcp:
        tcp.listen()
        threads = [
            threading.Thread(target=_serve_udp, args=(udp, zone)),
            threading.Thread(target=_serve_tcp, args=(tcp, zone)),
        ]
        for thread in threads:
            thread.start()
        yield int(udp.getsockname()[1])
        with socket.socket(type=socket.SOCK_DGRAM) as bell:
            bell.sendto(b"", udp.getsockname())
        tcp.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


def _of_one_port() -> tuple[socket.socket, socket.socket]:
    """A port that is free for both: what the kernel gives for UDP may be in use by TCP."""
    while True:
        udp, tcp = socket.socket(type=socket.SOCK_DGRAM), socket.socket()
        udp.bind(("127.0.0.1", 0))
        try:
            tcp.bind(udp.getsockname())
        except OSError:
            udp.close()
            tcp.close()
        else:
            return udp, tcp


def _serve_udp(udp: socket.socket, zone: Zone) -> None:
    while True:
        wire, peer = udp.recvfrom(_UDP_SIZE)
        if not wire:
            return
        answer = _answer(wire, zone)
        if answer is None:
            continue
        try:
            udp.sendto(answer.to_wire(max_size=_UDP_SIZE), peer)
        except dns.exception.TooBig:
            short = dns.message.make_response(dns.message.from_wire(wire))
            short.flags |= dns.flags.TC
            udp.sendto(short.to_wire(), peer)


def _serve_tcp(tcp: socket.socket, zone: Zone) -> None:
    while True:
        try:
            peer, _ = tcp.accept()
        except OSError:  # shut down
            return
        with peer, peer.makefile("rwb") as stream:
            (length,) = struct.unpack("!H", stream.read(2))
            answer = _answer(stream.read(length), zone)
            if answer is not None:
                stream.write(answer.to_wire(prepend_length=True))


def _answer(wire: bytes, zone: Zone) -> dns.message.Message | None:
    query = dns.message.from_wire(wire)
    (question,) = query.question
    name = question.name.to_text(omit_final_dot=True)
    kind = dns.rdatatype.to_text(question.rdtype)
    if zone.is_silent(name):
        return None
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    found = zone.of(name, kind)
    if found:
        answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
    elif not zone.knows(name):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer


def zone_of(texts: Mapping[str, str]) -> Zone:
    """A zone with one TXT record a name."""
    zone = Zone()
    for name, text in texts.items():
        zone.text(name, text)
    return zone
