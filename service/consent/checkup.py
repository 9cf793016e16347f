"""Asks for an access token of every grant once a day, so that a dead one is known before the next invoice.

It also keeps grants alive: Google ends one that was not used for six months.
Source: https://developers.google.com/identity/protocols/oauth2#expiration (2026-09).
"""

from collections.abc import Callable
from datetime import timedelta

import structlog

from service.clock import Clock
from service.consent.ports import GrantCheckStore
from service.consent.refresh import AccessTokens
from service.errors import (
    AccessBlockedError,
    GrantRevokedError,
    NotFoundError,
    OAuthClientError,
    SealError,
    TokenEndpointUnavailableError,
)

AGE = timedelta(hours=24)  # a grant that gave a token since then needs no check
AGAIN = timedelta(hours=1)  # after a check that proved nothing
RUNS_OF_HALF_A_DAY = 720  # of one a minute: all grants are done twice as fast as they fall due

log = structlog.get_logger(__name__)


class Checkup:
    """Checks grants, a few at each run. Safe to be run by many workers at once."""

    def __init__(
        self,
        *,
        grants: GrantCheckStore,
        tokens: AccessTokens,
        clock: Clock,
        then: Callable[[str], None] = lambda _grant_id: None,
    ) -> None:
        """``then`` is called with each grant that is alive."""
        self._grants = grants
        self._tokens = tokens
        self._clock = clock
        self._then = then

    def run_once(self) -> int:
        """Check the next few; says how many are alive. To be called once a minute.

        A dead grant is marked by ``AccessTokens`` as it is at any other time.

        Raises:
            StorageError: the database cannot do its work.
        """
        limit = -(-self._grants.count_active() // RUNS_OF_HALF_A_DAY)
        alive = 0
        for grant_id in self._grants.unchecked(self._clock.now() - AGE, limit):
            try:
                alive += self._check(grant_id)
            except OAuthClientError as error:
                log.error("the operator's OAuth client is refused", error=error.code)  # noqa: TRY400, no fault of ours
                self._put_off(grant_id)
                break
        return alive

    def _check(self, grant_id: str) -> bool:
        try:
            self._tokens.token(grant_id)
            self._then(grant_id)
        except GrantRevokedError:
            return False  # marked and logged where it was found
        except NotFoundError:
            return False  # replaced since it was listed
        except OAuthClientError:
            raise  # the next grant would fare no better
        except (AccessBlockedError, TokenEndpointUnavailableError, SealError) as error:
            log.warning("grant not checked", grant=grant_id, error=error.code)
            self._put_off(grant_id)
            return False
        return True

    def _put_off(self, grant_id: str) -> None:
        self._grants.put_off(grant_id, self._clock.now() - AGE + AGAIN)
