"""A tenant and a connected mailbox in the stores of each engine."""

import pytest

from service.connections.connection import Connection
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_tenant, connect


@pytest.fixture
def tenant_id(stores: Stores, clock: FakeClock) -> str:
    """A company."""
    return add_tenant(stores, clock.now())


@pytest.fixture
def mailbox(stores: Stores, tenant_id: str, clock: FakeClock) -> Connection:
    """Its connected mailbox."""
    return connect(stores, tenant_id, clock.now())
