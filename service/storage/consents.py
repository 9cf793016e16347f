"""``consent.ports.ConsentStore``: begun and given consents, sealed, one use each."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Connection

from service.clock import Clock
from service.connections.connection import Connection as Mailbox
from service.connections.credential import Grant
from service.connections.identity import Identity
from service.connections.ports import Place, Sealer
from service.consent.ports import GivenConsent, PendingConsent, TokenAnswer
from service.errors import ConsentStateError, LinkError
from service.storage import arrivals, connect_links, credentials
from service.storage.access_tables import consents
from service.storage.connections import to_connection
from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement, columns, inserting, selecting

_ADD = inserting(consents)
_FORGET_OLD = Statement("DELETE FROM consents WHERE expires_at <= :now")
# Deleting is what makes it one-use: only one request gets the row back.
_TAKE_PENDING = Statement(
    f"""DELETE FROM consents WHERE state_hash = :state_hash AND session_id = :session_id
    AND expires_at > :now RETURNING {columns(consents)}"""  # noqa: S608, names of ours
)
_FIND_GIVEN = selecting(
    consents,
    "WHERE id = :id AND session_id = :session_id AND state_hash IS NULL AND expires_at > :now",
)
_TAKE_GIVEN = Statement(
    f"""DELETE FROM consents WHERE id = :id AND session_id = :session_id
    AND state_hash IS NULL AND expires_at > :now RETURNING {columns(consents)}"""  # noqa: S608, names of ours
)


class SqlConsentStore:
    """Serves ``ConsentStore``; a given consent is a row without a state. What expired goes when one comes."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    def add_pending(self, pending: PendingConsent) -> None:
        secret = {"verifier": pending.verifier.get_secret_value(), "nonce": pending.nonce}
        facts = {
            "scopes": sorted(pending.scopes),
            "connection_id": pending.connection_id,
            "expected_subject_id": pending.expected_subject_id,
            "expected_address": pending.expected_address,
            "link_id": pending.link_id,
            "return_url": pending.return_url,
        }
        self._add(pending, pending.state_hash, facts, secret)

    def take_pending(self, state_hash: str, session_id: str, now: datetime) -> PendingConsent | None:
        def run(connection: Connection) -> Row | None:
            _FORGET_OLD.run(connection, now=to_ms(now))
            return _TAKE_PENDING.one(connection, state_hash=state_hash, session_id=session_id, now=to_ms(now))

        row = self._database.write(run)
        return None if row is None else self._pending(row)

    def add_given(self, given: GivenConsent) -> None:
        answer = given.answer
        secret = {
            "access_token": answer.access_token.get_secret_value(),
            "refresh_token": answer.refresh_token.get_secret_value() if answer.refresh_token else None,
            "id_token": answer.id_token,
        }
        facts = {
            "identity": asdict(given.identity),
            "scopes": sorted(answer.scopes),
            "access_expires_at": to_ms(answer.expires_at),
            "connection_id": given.connection_id,
            "link_id": given.link_id,
            "return_url": given.return_url,
            "asked": sorted(given.asked),
        }
        self._add(given, None, facts, secret)

    def find_given(self, given_id: str, session_id: str, now: datetime) -> GivenConsent | None:
        row = self._database.read(
            lambda c: _FIND_GIVEN.one(c, id=given_id, session_id=session_id, now=to_ms(now))
        )
        return None if row is None else self._given(row)

    def take_given(self, given_id: str, session_id: str, now: datetime) -> GivenConsent | None:
        row = self._database.write(
            lambda c: _TAKE_GIVEN.one(c, id=given_id, session_id=session_id, now=to_ms(now))
        )
        return None if row is None else self._given(row)

    def keep_given(
        self,
        given: GivenConsent,
        grant: Grant,
        now: datetime,
        locale: str | None = None,
        *,
        operators: frozenset[str] = frozenset(),
    ) -> Mailbox:
        at_ms, credential = to_ms(now), credentials.grant_row(self._sealer, given.tenant_id, grant, now)

        def run(connection: Connection) -> Row:
            if _TAKE_GIVEN.one(connection, id=given.id, session_id=given.session_id, now=at_ms) is None:
                raise ConsentStateError
            if not connect_links.use_up(connection, given.link_id, at_ms, operators):
                raise LinkError
            return arrivals.connect(connection, given.tenant_id, given.identity, credential, locale)

        return to_connection(self._database.write(run))

    def _add(
        self,
        consent: PendingConsent | GivenConsent,
        state_hash: str | None,
        facts: dict[str, Any],
        secret: dict[str, Any],
    ) -> None:
        row = {
            "id": consent.id,
            "tenant_id": consent.tenant_id,
            "session_id": consent.session_id,
            "state_hash": state_hash,
            "facts": json.dumps(facts),
            "sealed": self._sealer.seal(_place(consent.tenant_id, consent.id), json.dumps(secret).encode()),
            "expires_at": to_ms(consent.expires_at),
        }
        now = to_ms(self._clock.now())

        def run(connection: Connection) -> None:
            _FORGET_OLD.run(connection, now=now)
            _ADD.run(connection, **row)

        self._database.write(run)

    def _opened(self, row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
        return json.loads(row.facts), json.loads(self._sealer.open(_place(row.tenant_id, row.id), row.sealed))

    def _pending(self, row: Row) -> PendingConsent:
        facts, secret = self._opened(row)
        return PendingConsent(
            id=row.id,
            tenant_id=row.tenant_id,
            session_id=row.session_id,
            state_hash=row.state_hash,
            nonce=secret["nonce"],
            verifier=SecretStr(secret["verifier"]),
            scopes=frozenset(facts["scopes"]),
            expires_at=to_instant(row.expires_at),
            connection_id=facts["connection_id"],
            expected_subject_id=facts["expected_subject_id"],
            expected_address=facts["expected_address"],
            link_id=facts["link_id"],
            return_url=facts["return_url"],
        )

    def _given(self, row: Row) -> GivenConsent:
        facts, secret = self._opened(row)
        refresh_token = secret["refresh_token"]
        return GivenConsent(
            id=row.id,
            tenant_id=row.tenant_id,
            session_id=row.session_id,
            identity=Identity(**facts["identity"]),
            answer=TokenAnswer(
                access_token=SecretStr(secret["access_token"]),
                expires_at=to_instant(facts["access_expires_at"]),
                refresh_token=None if refresh_token is None else SecretStr(refresh_token),
                scopes=frozenset(facts["scopes"]),
                id_token=secret["id_token"],
            ),
            expires_at=to_instant(row.expires_at),
            connection_id=facts["connection_id"],
            link_id=facts["link_id"],
            return_url=facts["return_url"],
            asked=frozenset(facts.get("asked", ())),  # a program before this one wrote none
        )


def _place(tenant_id: str, consent_id: str) -> Place:
    return Place(tenant_id, "consents", "sealed", consent_id)
