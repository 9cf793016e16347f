"""Doorbells: what one process accepts, another one's dispatcher hears at once."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from service.connections.connection import Connection
from service.storage.database import Database
from service.storage.doorbells import PostgresDoorbell, SqliteDoorbell
from service.storage.stores import Stores, open_doorbell, open_stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_mail, add_tenant, connect
from tests.fakes.sealer import FakeSealer


@pytest.fixture
def mailbox(stores: Stores, clock: FakeClock) -> Connection:
    """A connected mailbox."""
    return connect(stores, add_tenant(stores, clock.now()), clock.now())


@pytest.fixture
def doorbell(database: Database, mailbox: Connection) -> Iterator[SqliteDoorbell | PostgresDoorbell]:
    """A doorbell that has heard all that was before."""
    doorbell = open_doorbell(database)
    _hear_all(doorbell)
    yield doorbell
    doorbell.close()


def _hear_all(doorbell: SqliteDoorbell | PostgresDoorbell) -> None:
    """Its first ring comes when it has begun to listen; after it, what was before."""
    assert _is_rung(doorbell)
    while doorbell.wait(0.3):
        continue


def _is_rung(doorbell: SqliteDoorbell | PostgresDoorbell) -> bool:
    """Whether it rings; a busy machine may take its time."""
    return any(doorbell.wait(0.5) for _ in range(60))


def _rings_while(doorbell: SqliteDoorbell | PostgresDoorbell, act: Callable[[], object]) -> bool:
    """Whether a waiter is woken by what another thread does."""
    timer = threading.Timer(0.1, act)
    timer.start()
    is_rung = _is_rung(doorbell)
    timer.join()
    return is_rung


def test_a_file_that_cannot_be_read_rings(tmp_path: Path) -> None:
    """The dispatcher then looks for itself, and meets the fault where it is dealt with."""
    doorbell = SqliteDoorbell(Database(f"sqlite:///{tmp_path}/no-folder/postausgang.sqlite3"))

    assert doorbell.wait(5)
    assert doorbell.wait(5)
    doorbell.close()


def test_silence_lets_the_waiter_sleep(doorbell: SqliteDoorbell | PostgresDoorbell) -> None:
    """Nothing happened, so the time is over."""
    began = time.monotonic()

    assert not doorbell.wait(0.2)
    assert time.monotonic() - began >= 0.19


def test_a_ring_in_this_process_wakes(doorbell: SqliteDoorbell | PostgresDoorbell) -> None:
    """From another thread, and also when it came before the wait."""
    assert _rings_while(doorbell, doorbell.ring)
    doorbell.ring()
    assert doorbell.wait(0)


def test_an_accept_of_another_process_wakes(
    doorbell: SqliteDoorbell | PostgresDoorbell, stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """It need not look by itself."""
    assert _rings_while(doorbell, lambda: add_mail(stores, mailbox, clock.now()))


def test_only_news_is_notified(postgres: Database, clock: FakeClock) -> None:
    """A notification makes commits wait for each other; a mailbox that is due already needs none."""
    stores = open_stores(postgres, FakeSealer(), clock)
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())
    add_mail(stores, mailbox, clock.now())
    doorbell = PostgresDoorbell(postgres)
    _hear_all(doorbell)

    add_mail(stores, mailbox, clock.advance(1))

    assert not doorbell.wait(0.9)
    doorbell.close()


def test_a_cut_doorbell_listens_again(postgres: Database) -> None:
    """A restarted server is met again within seconds, and what was missed rings then."""
    doorbell = PostgresDoorbell(postgres)
    _hear_all(doorbell)
    url = postgres.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )

    assert _is_rung(doorbell)
    with psycopg.connect(url, autocommit=True) as connection:
        assert _rings_while(
            doorbell, lambda: connection.execute("SELECT pg_notify('postausgang_outbox', '')")
        )
    doorbell.close()
