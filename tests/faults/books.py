"""All rows of all tables, to see what was added, what was lost, and that nothing else was touched."""

from collections import Counter
from typing import Any

from service.storage.schema import metadata
from service.wiring import Services

Books = dict[str, set[tuple[Any, ...]]]


def open_books(services: Services) -> Books:
    """The rows of each table, as they are now."""
    with services.ground.database.reading() as connection:
        return {
            table.name: {tuple(row) for row in connection.execute(table.select())}
            for table in metadata.sorted_tables
        }


def surplus(books: Books, other: Books) -> Counter[str]:
    """How many rows of each table the other has not; a row that was changed is one of them."""
    return Counter({name: len(rows - other[name]) for name, rows in books.items() if rows - other[name]})
