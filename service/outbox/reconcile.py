"""Settles unclear entries by evidence: looks into *Sent* where the owner has allowed it.

Only a found mail decides. A mail that is not found may still be on its way, so the entry stays unclear
until a person, or the tenant's rule, settles it.
"""

from datetime import timedelta

import structlog

from service.clock import Clock
from service.errors import DeliveryError, SealError, StorageError, TokenError
from service.outbox.ports import OutboxStore, SentFolder, Unclear

PAUSE_S = 60.0  # between two looks for the same entry
SKEW_S = 300.0  # how far Google's clock and ours may be apart
BATCH = 20

log = structlog.get_logger(__name__)


class Reconcile:
    """Looks for unclear entries."""

    def __init__(self, *, store: OutboxStore, sent_folder: SentFolder, clock: Clock) -> None:
        self._store = store
        self._sent_folder = sent_folder
        self._clock = clock

    def run_once(self) -> int:
        """Look once for each entry not looked for within the last minute; says how many were found."""
        unclear = self._store.uncertain(self._clock.now() - timedelta(seconds=PAUSE_S), BATCH)
        return sum(self._look(one) for one in unclear)

    def _look(self, unclear: Unclear) -> bool:
        since = unclear.handed_over_at - timedelta(seconds=SKEW_S)
        receipt = None
        try:
            receipt = self._sent_folder.find(unclear.credential_id, unclear.entry_id, since)
        except (TokenError, DeliveryError, SealError) as error:
            log.warning("look into Sent failed", message=unclear.entry_id, error=error.code)
        except StorageError:
            raise
        except Exception:
            # A fault of ours in one look must not stop the others, nor the worker.
            log.exception("look into Sent broke", message=unclear.entry_id)
        self._store.looked(unclear.entry_id, unclear.fence, self._clock.now(), receipt)
        return receipt is not None
