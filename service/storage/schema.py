"""What all tables are built of."""

from collections.abc import Iterator

from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def instant(name: str, *, optional: bool = False) -> Column[int]:
    """Milliseconds since 1970."""
    return Column(name, BigInteger, nullable=optional)


def word(name: str, *, optional: bool = False) -> Column[str]:
    """A text."""
    return Column(name, Text, nullable=optional)


def of_tenant() -> Column[str]:
    """Whose row it is."""
    return Column("tenant_id", Text, ForeignKey("tenants.id"), nullable=False)


def counts(prefix: str) -> Iterator[Column[int]]:
    """Messages, recipients and external recipients."""
    for what in ("messages", "recipients", "external"):
        yield Column(f"{prefix}_{what}", BigInteger, nullable=False, server_default="0")
