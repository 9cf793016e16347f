"""Which faults are armed, for whom, where, and how often."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta

from service.clock import Clock
from service.errors import InvalidRequestError, Problem
from service.sandbox.cloud_fault_table import IAM
from service.sandbox.fault import Fault
from service.sandbox.fault_table import AUTHORIZE, FAULTS, GMAIL, PLACES, TOKEN
from service.sandbox.smtp_fault_table import HOSTS, PHASES, SMTP, at

ANYONE = "*"
_GROUPS = {"token": TOKEN, "gmail": GMAIL, "smtp": SMTP, "iam": IAM} | {phase: at(phase) for phase in PHASES}


@dataclass(slots=True)
class Armed:
    """One fault that waits for its requests.

    Attributes:
        account: the address it is for, lower case, or ``*``.
        times: how often it still happens; ``None`` for ever.
        skip: requests to let pass first.
        seconds: how long *hang* and *slow* take, and how far off ``Retry after`` lies.
        is_taken: whether the mail is accepted nevertheless.
    """

    fault: Fault
    account: str
    places: frozenset[str]
    times: int | None
    skip: int
    seconds: float
    is_taken: bool

    def fits(self, place: str, *addresses: str) -> bool:
        """Whether it is meant for such a request."""
        return place in self.places and self.account in {ANYONE, *addresses}


@dataclass(slots=True)
class Faults:
    """What goes wrong next; safe for many threads."""

    clock: Clock
    _armed: list[Armed] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(
        self,
        name: str,
        *,
        account: str = ANYONE,
        where: str | None = None,
        times: int | None = 1,
        skip: int = 0,
        seconds: float = 60,
        taken: bool | None = None,
    ) -> None:
        """Let something go wrong.

        Args:
            name: a row of ``fault_table``, such as ``drop-after``.
            account: an address, or ``*``; in the SMTP phase ``rcpt`` also that of a recipient.
            where: a place or group, such as ``send``, ``token``, ``mail`` (that SMTP phase at both hosts),
                ``relay`` (the usual phase, there only) or ``relay:mail``; by default where Google does
                such a thing, which for the Gmail faults is ``send``.
            times: how often; ``None`` until ``clear``.
            skip: requests to let pass first.
            seconds: how long *hang* and *slow* take, and how far off ``Retry after`` lies.
            taken: accept the mail nevertheless, or not; by default as the table says.

        Raises:
            InvalidRequestError: no such fault or place, or they do not go together.
        """
        fault, places = _choose(name, where)
        armed = Armed(
            fault,
            account.lower(),
            places,
            times,
            skip,
            seconds,
            fault.is_taken if taken is None else taken,
        )
        with self._lock:
            self._armed.append(armed)

    def clear(self) -> None:
        """Let nothing more go wrong."""
        with self._lock:
            self._armed.clear()

    def next(self, place: str, account: str, recipient: str = "") -> Armed | None:
        """The fault of this request, counted down; ``None`` when all is well."""
        if not self._armed:  # the usual case, without the lock
            return None
        with self._lock:
            for armed in self._armed:
                if not armed.fits(place, account.lower(), recipient.lower()):
                    continue
                if armed.skip:
                    armed.skip -= 1
                    continue
                return self._use(armed)
        return None

    def retry_at(self, armed: Armed) -> str:
        """The time that Google names in its sentence."""
        at = self.clock.now() + timedelta(seconds=armed.seconds)
        return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"

    def _use(self, armed: Armed) -> Armed:
        if armed.times is not None:
            armed.times -= 1
            if armed.times <= 0:
                self._armed.remove(armed)
        return armed


def _choose(name: str, where: str | None) -> tuple[Fault, frozenset[str]]:
    rows = FAULTS.get(name)
    if rows is None:
        raise _wrong("/fault", "unknown-fault", f"There is no such fault; there are {', '.join(FAULTS)}.")
    if where is None:
        fault = next((row for row in rows if AUTHORIZE not in row.places), rows[0])
        return fault, fault.usual or fault.places
    for fault in rows:
        places = _places(fault, where)
        if places and places <= fault.places:
            return fault, places
    raise _wrong("/where", "unknown-place", "This fault cannot happen there.")


def _places(fault: Fault, where: str) -> frozenset[str]:
    if where in HOSTS:
        return frozenset(place for place in fault.usual if place.startswith(f"{where}:"))
    return _GROUPS.get(where, frozenset({where}) & PLACES)


def _wrong(pointer: str, code: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError(Problem(pointer, code, detail))
