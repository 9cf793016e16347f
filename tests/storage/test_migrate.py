"""Migrations on both engines: one schema, made once, and refused when it is another."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine

from service import storage
from service.access.member import Role
from service.access.session import Standing
from service.connections.connection import Connection as Mailbox
from service.errors import ConfigurationError
from service.outbox.listing import MessageFilter
from service.storage.database import Database
from service.storage.migrate import check_schema, migrate
from service.storage.schema import metadata
from service.storage.stores import Stores, open_stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_mail, add_tenant, claim, connect, send
from tests.fakes.sealer import FakeSealer

_DAY = 86_400_000  # milliseconds


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """A database of each engine without any table."""
    url: str = request.getfixturevalue(request.param)
    return url


def test_the_migrations_make_the_tables_of_the_program(database: Database) -> None:
    """What Alembic made is what ``tables`` says."""
    with database.reading() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)

    assert differences == []
    check_schema(database)


def test_a_database_that_was_never_migrated_is_refused(empty_url: str) -> None:
    """The sentence names the command that helps."""
    database = Database(empty_url)

    with pytest.raises(ConfigurationError, match="postausgang migrate"):
        check_schema(database)
    database.close()


def test_a_database_of_a_newer_program_is_refused(database: Database) -> None:
    """Neither opened nor migrated: this program does not know what it means."""
    known = database.read(lambda c: MigrationContext.configure(c).get_current_revision())
    database.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    url = database.url.render_as_string(hide_password=False)

    try:
        with pytest.raises(ConfigurationError, match="newer"):
            check_schema(database)
        with pytest.raises(ConfigurationError, match="newer"):
            migrate(url)
    finally:
        database.write(lambda c: c.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{known}'"))  # noqa: S608, read just before


def test_migrating_again_changes_nothing(database: Database) -> None:
    """Each start may call it."""
    migrate(database.url.render_as_string(hide_password=False))

    check_schema(database)


def test_columns_of_a_later_program_do_not_disturb_one_that_runs(empty_url: str) -> None:
    """It asks for those that it knows; often enough before, that PostgreSQL has prepared its questions."""
    migrate(empty_url)
    database, clock = Database(empty_url), FakeClock()
    stores = open_stores(database, FakeSealer(), clock)
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())

    for _ in range(8):
        _send_and_read(stores, mailbox, clock)
    database.write(_add_columns)
    _send_and_read(stores, mailbox, clock)
    database.close()


def test_no_question_asks_for_columns_that_it_does_not_name() -> None:
    """But for one around another question, and for the rows of a function: those are what they are."""
    texts = [path.read_text("utf-8") for path in Path(storage.__file__).parent.glob("*.py")]

    assert len(texts) > 40
    for text in texts:
        assert not re.search(r"(SELECT|RETURNING|\b[a-z]+\.)\s*\*(?! FROM (\(|unnest))", text)


def test_many_who_migrate_at_once_do_not_clash(empty_url: str) -> None:
    """Processes that start together: one makes the tables, the others find them."""
    program = "import sys; from service.storage.migrate import migrate; migrate(sys.argv[1])"
    root = Path(__file__).parents[2]

    def run(_: int) -> int:
        return subprocess.run(
            [sys.executable, "-c", program, empty_url], check=False, cwd=root, timeout=120
        ).returncode

    with ThreadPoolExecutor(3) as threads:
        codes = list(threads.map(run, range(3)))

    assert codes == [0, 0, 0]
    database = Database(empty_url)
    check_schema(database)
    database.close()


def test_whoever_was_signed_in_before_there_were_roles_is_an_admin(empty_url: str) -> None:
    """Their sessions and the links that wait go on as they were; visitors stay visitors."""
    database, now = Database(empty_url), datetime(2026, 11, 23, tzinfo=UTC)
    _upgrade(empty_url, "0005")
    database.write(_fill_0005)

    migrate(empty_url)

    stores = open_stores(database, FakeSealer())
    session, visitor = (stores.sessions.find(name, now) for name in ("cookie", "visitor"))
    assert session is not None
    assert visitor is not None
    assert session.standing == Standing(Role.ADMIN, "ten_1")
    assert visitor.standing is None
    link = stores.sessions.use_link("link", now)
    assert link is not None
    assert link.standing == Standing(Role.ADMIN, "ten_1")
    database.close()


def test_who_had_one_mailbox_before_there_was_a_default_has_it_as_the_default(empty_url: str) -> None:
    """Who had several chooses; what was disconnected does not count."""
    database = Database(empty_url)
    _upgrade(empty_url, "0007")
    database.write(_fill_0007)

    migrate(empty_url)

    connections = open_stores(database, FakeSealer()).connections
    found = [connections.default(tenant_id) for tenant_id in ("ten_1", "ten_2", "ten_3")]
    assert [one.id if one else None for one in found] == ["con_11", None, None]
    database.close()


def test_messages_of_before_there_was_a_list_are_listed(empty_url: str) -> None:
    """Of each tenant its own, newest first, found by their words and days as before."""
    database, now = Database(empty_url), datetime(2026, 11, 23, tzinfo=UTC)
    _upgrade(empty_url, "0010")
    database.write(_fill_0010)

    migrate(empty_url)

    check_schema(database)
    outbox = open_stores(database, FakeSealer()).outbox

    def found(**wanted: Any) -> list[str]:
        return [entry.id for entry in outbox.search("ten_1", MessageFilter(**wanted), 10)]

    assert found() == ["msg_2", "msg_1"]
    assert found(search="RE-1") == ["msg_1"]
    assert found(search="kunde@example.com") == ["msg_2", "msg_1"]
    assert found(until=now) == ["msg_1"]
    assert [entry.id for entry in outbox.search("ten_2", MessageFilter(search="re-"), 10)] == ["msg_3"]
    database.close()


def test_keys_of_before_lifetimes_were_kept_have_the_one_that_was_chosen(empty_url: str) -> None:
    """Of a replaced one its successor knows it; of one that a program of before adds, its dates."""
    database = Database(empty_url)
    _upgrade(empty_url, "0016")
    database.write(_fill_0016)

    migrate(empty_url)

    database.write(lambda c: _add_key(c, "key_6", 1, 90 * _DAY + 1))
    kept = {key.id: key.lifetime for key in open_stores(database, FakeSealer()).api_keys.of_tenant("ten_1")}
    ninety = timedelta(days=90)
    assert kept == {
        "key_1": ninety,  # replaced by 2
        "key_2": ninety,
        "key_3": None,  # replaced by 4
        "key_4": None,
        "key_5": timedelta(milliseconds=_DAY - 1),  # replaced by one that nobody finds: as it was
        "key_6": ninety,
    }
    database.close()


def _add_columns(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD later TEXT")


def _send_and_read(stores: Stores, mailbox: Mailbox, clock: FakeClock) -> None:
    add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    assert send(stores, claimed, clock.now())
    [entry, *_] = stores.outbox.search(mailbox.tenant_id, MessageFilter(search="rechnung"), 26)
    events, attempts = stores.outbox.timeline(mailbox.tenant_id, entry.id)
    assert (len(events), len(attempts)) == (2, 1)
    assert stores.connections.get(mailbox.tenant_id, mailbox.id).address == mailbox.address


def _upgrade(url: str, revision: str) -> None:
    """Bring an empty database to an earlier schema."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[2] / "service/storage/migrations"))
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def _fill_0005(connection: Connection) -> None:
    for statement in (
        "INSERT INTO tenants (id, name, created_at) VALUES ('ten_1', 'Muster GmbH', 1)",
        """INSERT INTO sessions (id, secret_hash, tenant_id, created_at, expires_at)
        VALUES ('ses_1', 'cookie', 'ten_1', 1, 4000000000000),
            ('ses_2', 'visitor', NULL, 1, 4000000000000)""",
        """INSERT INTO login_links (secret_hash, tenant_id, created_at, expires_at)
        VALUES ('link', 'ten_1', 1, 4000000000000)""",
    ):
        connection.exec_driver_sql(statement)


def _fill_0007(connection: Connection) -> None:
    boxes = (
        ("con_11", "ten_1", "connected"),
        ("con_12", "ten_1", "disconnected"),
        ("con_21", "ten_2", "connected"),
        ("con_22", "ten_2", "paused"),
    )
    for number in (1, 2, 3):
        connection.exec_driver_sql(
            f"INSERT INTO tenants (id, name, created_at) VALUES ('ten_{number}', 'Muster', 1)"  # noqa: S608, written here
        )
    for box, tenant_id, status in boxes:
        connection.exec_driver_sql(
            f"""INSERT INTO connections (id, tenant_id, address, subject_id, status, scopes, aliases,
                account_kind, created_at, slots_full)
            VALUES ('{box}', '{tenant_id}', 'a@b.example', '{box}', '{status}', '', '', 'consumer', 1, 0)"""  # noqa: S608, written here
        )


def _add_key(connection: Connection, name: str, made: int, end: int | None, rights: str = "send") -> None:
    connection.exec_driver_sql(
        f"""INSERT INTO api_keys (id, tenant_id, name, public, secret_hash, rights, created_at, expires_at)
        VALUES ('{name}', 'ten_1', 'ERP', '{name}', '', '{rights}', {made}, {end or "NULL"})"""  # noqa: S608, written here
    )


def _fill_0016(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO tenants (id, name, created_at) VALUES ('ten_1', 'Muster', 1)")
    _add_key(connection, "key_1", 1, _DAY + 500)
    _add_key(connection, "key_2", 500, 90 * _DAY + 500)
    _add_key(connection, "key_3", 1, 700, "read")
    _add_key(connection, "key_4", 700, None, "read")
    _add_key(connection, "key_5", 1, _DAY, "send read")


def _fill_0010(connection: Connection) -> None:
    _fill_0007(connection)
    first = 1_795_305_600_000  # 2026-11-22
    for number, (tenant_id, box) in enumerate(
        (("ten_1", "con_11"), ("ten_1", "con_12"), ("ten_2", "con_21")), start=1
    ):
        connection.exec_driver_sql(
            f"""INSERT INTO messages (id, tenant_id, connection_id, state, available_at, give_up_at, attempts,
                tries, fence, looks, created_at, sender, sender_name, subject, message_id, size_bytes, chunks,
                attachments, metadata, search)
            VALUES ('msg_{number}', '{tenant_id}', '{box}', 'cancelled', 1, 1, 0, 0, 0, 0,
                {first + (number - 1) * _DAY}, 'a@b.example', '', 'RE-{number}', '<{number}@b.example>', 1, 1,
                '[]', '[]', 're-{number} kunde@example.com')"""  # noqa: S608, written here
        )
