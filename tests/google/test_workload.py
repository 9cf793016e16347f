"""The operator's own identity at Google Cloud, as google-auth finds it in the environment."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.clock import SystemClock
from service.errors import DelegationError, TokenEndpointUnavailableError
from service.google.http import PooledHttp
from service.google.workload import AmbientWorkload
from tests.fakes.delegations import make_key_file
from tests.fakes.wire import HANG_UP, Reply, WireServer, as_json


class Cloud:
    """What the token endpoint of the environment's credentials answers."""

    def __init__(self) -> None:
        self.reply: Reply = as_json({"access_token": "ya29.own", "expires_in": 3600})


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def wire(cloud: Cloud) -> Iterator[WireServer]:
    with WireServer(lambda _: cloud.reply) as server:
        yield server


@pytest.fixture
def workload(wire: WireServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AmbientWorkload]:
    path = tmp_path / "workload.json"
    path.write_text(json.dumps(make_key_file(token_uri=f"{wire.url}/token")))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    http = PooledHttp(connect_timeout_s=2, answer_timeout_s=2)
    yield AmbientWorkload(http, SystemClock())
    http.close()


def test_a_token_is_had_once_and_kept(workload: AmbientWorkload, wire: WireServer) -> None:
    """Many signatures need one token of our own."""
    assert workload.token() == workload.token() == SecretStr("ya29.own")
    assert len(wire.seen) == 1


def test_a_token_that_was_refused_is_replaced(workload: AmbientWorkload, cloud: Cloud) -> None:
    """Only the refused one: a newer one that another thread has brought stays."""
    first = workload.token()
    cloud.reply = as_json({"access_token": "ya29.second", "expires_in": 3600})
    workload.forget(first)
    second = workload.token()

    workload.forget(first)

    assert (second, workload.token()) == (SecretStr("ya29.second"), second)


def test_a_refused_identity_is_the_operators_to_mend(workload: AmbientWorkload, cloud: Cloud) -> None:
    """Nothing of what was sent is in the error."""
    cloud.reply = as_json({"error": "invalid_grant", "error_description": "canary"}, 400)

    with pytest.raises(DelegationError) as raised:
        workload.token()

    assert raised.value.code == "delegation-keyless-denied"
    assert "canary" not in str(raised.value)


def test_an_identity_that_cannot_be_reached_blames_nobody(workload: AmbientWorkload, cloud: Cloud) -> None:
    """It is asked again at the next try."""
    cloud.reply = HANG_UP
    with pytest.raises(TokenEndpointUnavailableError):
        workload.token()

    cloud.reply = as_json({"access_token": "ya29.later", "expires_in": 3600})

    assert workload.token() == SecretStr("ya29.later")


def test_an_environment_without_an_identity_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No file is there, and no metadata server is looked for outside Google Cloud."""
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    http = PooledHttp()

    with pytest.raises(DelegationError) as raised:
        AmbientWorkload(http, SystemClock()).token()

    assert raised.value.code == "delegation-keyless-denied"
