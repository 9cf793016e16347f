"""A process whose threads all need the same token at once.

Says ``ready``, waits for a line, then prints what each thread got.
"""

import json
import sys
import threading

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from service.clock import SystemClock
from service.consent.refresh import AccessTokens
from service.google.authorization import GoogleAuthorizationServer
from service.google.endpoints import Endpoints, OAuthClient
from service.google.http import PooledHttp
from service.storage.database import Database
from service.storage.stores import open_stores
from tests.fakes.grants import issuing
from tests.fakes.sealer import FakeSealer

THREADS = 50


def shared_sealer() -> FakeSealer:
    """A sealer that opens what another process sealed."""
    sealer = FakeSealer()
    sealer._key = AESGCM(bytes(32))
    return sealer


def main(database_url: str, google_url: str, client_id: str, grant_id: str) -> None:
    """Run once."""
    clock = SystemClock()
    client = OAuthClient(
        client_id, SecretStr("secret"), f"{google_url}/auth", f"{google_url}/token", "http://localhost/x"
    )
    endpoints = Endpoints(client.auth_uri, client.token_uri, google_url, google_url, google_url)
    http = PooledHttp()
    database = Database(database_url)
    server = GoogleAuthorizationServer(client=client, endpoints=endpoints, http=http, clock=clock)
    grants = open_stores(database, shared_sealer(), clock).grants
    tokens = AccessTokens(grants=grants, issuer=issuing(server), clock=clock)
    got: list[str] = []
    threads = [
        threading.Thread(target=lambda: got.append(tokens.token(grant_id).get_secret_value()))
        for _ in range(THREADS)
    ]
    print("ready", flush=True)
    sys.stdin.readline()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(got), flush=True)
    database.close()
    http.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
