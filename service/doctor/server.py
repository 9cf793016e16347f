"""The operator's part: address, key, client, database, worker, clock, notices."""

from collections.abc import Callable
from datetime import datetime, timedelta

from service.clock import Clock
from service.doctor.finding import Check, Condition, Finding
from service.doctor.ports import Installation, Outside, WorkerStore
from service.errors import ServiceError
from service.settings import Settings

SILENT = timedelta(minutes=1)  # four signs of life that did not come
SKEW = timedelta(seconds=10)  # more is refused at Google's ID tokens, and the other way round


def examine_server(
    settings: Settings, installation: Installation, outside: Outside | None = None
) -> list[Finding]:
    """What can be looked at without a database; ``outside`` only when the machine may be left."""
    redirect_uri = settings.redirect_uri
    return [
        _address(settings, outside),
        _opened(Check.KEYRING, installation.check_keyring, ("keyring-readable", "keyring-unreadable")),
        _opened(
            Check.OAUTH_CLIENT,
            installation.check_client,
            ("client-readable", "client-unreadable"),
            copy=redirect_uri,
        ),
        _opened(Check.DATABASE, installation.check_database, ("database-ready", "database-not-ready")),
        _notices(settings),
    ]


def examine_work(workers: WorkerStore, clock: Clock, outside: Outside | None = None) -> list[Finding]:
    """Whether a worker lives, and whether the clock can be right. Raises ``StorageError``."""
    seen, now = workers.last_seen(), clock.now()
    return [_worker(seen, now), _clock(seen, now, outside)]


def _address(settings: Settings, outside: Outside | None) -> Finding:
    check, url = Check.PUBLIC_ADDRESS, settings.public_url
    if not settings.is_https:
        return Finding(check, Condition.TO_DO, "address-local", url)
    if outside is None:
        return Finding(check, Condition.OK, "address-https", url)
    if outside.is_answering(f"{url}/healthz"):
        return Finding(check, Condition.OK, "address-answers", url)
    return Finding(check, Condition.PROBLEM, "address-silent", url)


def _opened(
    check: Check, open_it: Callable[[], None], codes: tuple[str, str], copy: str | None = None
) -> Finding:
    well, ill = codes
    try:
        open_it()
    except ServiceError as error:
        return Finding(check, Condition.PROBLEM, ill, str(error), copy)
    return Finding(check, Condition.OK, well, copy=copy)


def _notices(settings: Settings) -> Finding:
    if settings.notice_smtp:
        return Finding(Check.NOTICES, Condition.OK, "notices-server", settings.notice_smtp)
    return Finding(Check.NOTICES, Condition.OPTIONAL, "notices-none")


def _worker(seen: list[datetime], now: datetime) -> Finding:
    if not seen:
        return Finding(Check.WORKER, Condition.TO_DO, "worker-none")
    living = sum(now - at < SILENT for at in seen)
    if not living:
        return Finding(Check.WORKER, Condition.PROBLEM, "worker-silent", f"{seen[-1]:%Y-%m-%d %H:%M:%S} UTC")
    return Finding(Check.WORKER, Condition.OK, "worker-alive", str(living))


def _clock(seen: list[datetime], now: datetime, outside: Outside | None) -> Finding:
    detail = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if seen and seen[-1] - now > SKEW:
        return Finding(Check.CLOCK, Condition.PROBLEM, "clock-wrong", detail)
    if outside is None:
        return Finding(Check.CLOCK, Condition.OK, "clock-plausible", detail)
    right = outside.google_time()
    if right is None:
        return Finding(Check.CLOCK, Condition.PROBLEM, "clock-unknown", detail)
    is_right = abs(right - now) <= SKEW
    return Finding(
        Check.CLOCK,
        Condition.OK if is_right else Condition.PROBLEM,
        "clock-right" if is_right else "clock-wrong",
        detail,
    )
