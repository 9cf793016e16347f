"""What the tests of the SMTP client share: certificates, a client, a mail."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.smtp.dialogue import Deadlines
from service.smtp.pool import SessionPool
from tests.google.certificate import self_signed

SHORT = Deadlines(connect_s=2, tls_s=2, command_s=2, block_s=2, answer_s=2)


@pytest.fixture(scope="session")
def certificate_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server's certificate lies."""
    return tmp_path_factory.mktemp("certificate")


@pytest.fixture(scope="session")
def tls(certificate_folder: Path) -> ssl.SSLContext:
    """The server's context, for localhost."""
    return self_signed(certificate_folder)


@pytest.fixture
def ca_file(tls: ssl.SSLContext, certificate_folder: Path) -> Path:
    """The certificate that vouches for the server."""
    return certificate_folder / "certificate.pem"


@pytest.fixture
def new_pool(ca_file: Path) -> Iterator[Callable[..., SessionPool]]:
    """Makes pools that trust the test server and wait for nothing longer than two seconds."""
    pools: list[SessionPool] = []

    def make(**overrides: object) -> SessionPool:
        pools.append(SessionPool(**{"deadlines": SHORT, "ca_file": ca_file, **overrides}))  # type: ignore[arg-type]  # checked by the tests that give them
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture
def pool(new_pool: Callable[..., SessionPool]) -> SessionPool:
    """One such pool."""
    return new_pool()
