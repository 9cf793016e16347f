"""Statements that are compiled once per engine and then run without SQLAlchemy's own machinery.

The hot paths (accept, claim, record) run a handful of statements a message; compiling and processing
each through Core costs more than the database does.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ClauseElement, Connection, CursorResult, Dialect, Row, Table, text

Values = Mapping[str, Any]


class Statement:
    """One SQL text with ``:named`` parameters, or one Core statement with named ``bindparam``."""

    def __init__(self, sql: str | ClauseElement) -> None:
        self._sql = text(sql) if isinstance(sql, str) else sql
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def run(self, connection: Connection, **values: Any) -> CursorResult[Any]:
        """Execute it."""
        sql, names = self._for(connection.dialect)
        return connection.exec_driver_sql(
            sql, values if names is None else tuple(values[name] for name in names)
        )

    def run_many(self, connection: Connection, rows: Iterable[Values]) -> None:
        """Execute it for each row, in one go."""
        sql, names = self._for(connection.dialect)
        if names is None:
            connection.exec_driver_sql(sql, list(rows))
        else:
            connection.exec_driver_sql(sql, [tuple(row[name] for name in names) for row in rows])

    def one(self, connection: Connection, **values: Any) -> Row[Any] | None:
        """The first row, or ``None``."""
        return self.run(connection, **values).first()

    def all(self, connection: Connection, **values: Any) -> list[Row[Any]]:
        """All rows."""
        return list(self.run(connection, **values).all())

    def count(self, connection: Connection, **values: Any) -> int:
        """Execute it; how many rows it changed."""
        return self.run(connection, **values).rowcount

    def _for(self, dialect: Dialect) -> tuple[str, list[str] | None]:
        found = self._compiled.get(dialect.name)
        if found is None:
            compiled = self._sql.compile(dialect=dialect)
            names = list(compiled.positiontup or ()) if compiled.positional else None  # type: ignore[attr-defined]  # SQLCompiler's own
            found = self._compiled[dialect.name] = (str(compiled), names)
        return found


def inserting(table: Table, tail: str = "") -> Statement:
    """``INSERT`` of all columns but generated ones; ``tail`` is an ``ON CONFLICT`` clause."""
    names = [column.name for column in table.columns if column.autoincrement is not True]
    places = ", ".join(f":{name}" for name in names)
    return Statement(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places}) {tail}")  # noqa: S608, names of ours


def columns(table: Table, alias: str = "") -> str:
    """The table's columns as a list for ``SELECT``."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(f"{prefix}{column.name}" for column in table.columns)
