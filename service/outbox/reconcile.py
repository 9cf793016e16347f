"""Settles unclear entries by evidence, and where that fails by the tenant's rule.

Only a found mail decides. A mail that is not found may still be on its way, so the entry stays unclear until
a person settles it; a tenant with the rule ``resend`` has it queued again (``OutboxStore.resend_unclear``
says when). Looks end after a day.
"""

from datetime import timedelta

import structlog

from service.clock import Clock
from service.errors import DeliveryError, SealError, StorageError, TokenError
from service.outbox.ports import Doorbell, OutboxStore, SentFolder, Unclear

SKEW_S = 300.0  # how far Google's clock and ours may be apart
BATCH = 20
RESENDS = 200  # at one run

log = structlog.get_logger(__name__)


class Reconcile:
    """Looks for unclear entries."""

    def __init__(
        self, *, store: OutboxStore, sent_folder: SentFolder, doorbell: Doorbell, clock: Clock
    ) -> None:
        self._store = store
        self._sent_folder = sent_folder
        self._doorbell = doorbell
        self._clock = clock

    def run_once(self) -> int:
        """Look once for each entry that is worth it, then apply the rules; says how many were found.

        A mailbox that cannot be looked into costs one look a run: its other entries are put off with it.
        """
        broken: set[str] = set()
        found = 0
        for one in self._store.uncertain(self._clock.now(), BATCH):
            if one.connection_id in broken:
                self._note(one, None, has_answered=False)
                continue
            receipt, has_answered = self._look(one)
            self._note(one, receipt, has_answered=has_answered)
            found += receipt is not None
            if not has_answered:
                broken.add(one.connection_id)
        self._apply_rules()
        return found

    def _apply_rules(self) -> None:
        resent = self._store.resend_unclear(self._clock.now(), RESENDS)
        if resent:
            log.warning("unclear mail queued again by its tenant's rule", count=resent)
            self._doorbell.ring()

    def _look(self, unclear: Unclear) -> tuple[str | None, bool]:
        """What was found, and whether Google answered at all."""
        since = unclear.handed_over_at - timedelta(seconds=SKEW_S)
        try:
            receipt = self._sent_folder.find(
                unclear.credential_id, unclear.entry_id, since, message_id=unclear.message_id
            )
        except (TokenError, DeliveryError, SealError) as error:
            log.warning("look into Sent failed", message=unclear.entry_id, error=error.code)
        except StorageError:
            raise
        except Exception:
            # A fault of ours in one look must not stop the others, nor the worker.
            log.exception("look into Sent broke", message=unclear.entry_id)
        else:
            return receipt, True
        return None, False

    def _note(self, unclear: Unclear, receipt: str | None, *, has_answered: bool) -> None:
        self._store.looked(
            unclear.entry_id, unclear.fence, self._clock.now(), receipt, has_answered=has_answered
        )
