"""SMTP as a way out: adapter of ``outbox.ports.Transport``.

For XOAUTH2 (of a person and of a delegation), app passwords, the Workspace relay and own servers.
"""

from collections.abc import Callable
from functools import partial

from service.errors import NotFoundError, TokenError
from service.google.smtp_replies import recipient_refusal
from service.outbox.ports import Claim, Outgoing
from service.outbox.verdict import Receipt
from service.smtp.errors import RefusedError, SmtpError
from service.smtp.kept import Account
from service.smtp.pool import SessionPool
from service.smtp.replies import Phase
from service.smtp.submission import Submission, Taken
from service.transports.gmail_api import without_token
from service.transports.smtp_accounts import SmtpAccounts
from service.transports.smtp_errors import delivery_error

# RFC 4954 §4.1, §6. Also in answer to MAIL: a token may end within a kept session.
_NOT_SIGNED_IN = frozenset({530, 535})
_BEFORE_THE_MAIL = frozenset({Phase.AUTH, Phase.MAIL})


class SmtpTransport:
    """Submits over kept sessions. Repeats a mail in one case only: after its token was refused, unread."""

    def __init__(self, pool: SessionPool, accounts: SmtpAccounts) -> None:
        self._pool = pool
        self._accounts = accounts

    def send(self, outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:
        claim = outgoing.claim
        kind = claim.way.kind
        mail = Submission(
            sender=claim.sender.spec,
            recipients=tuple(recipient.spec for recipient in claim.recipients),
            size_bytes=outgoing.size_bytes,
            open=outgoing.open,
            hand_over=hand_over,
        )
        try:
            taken = self._submitted(claim, mail)
        except SmtpError as error:
            raise delivery_error(kind, error) from error
        except (TokenError, NotFoundError) as error:
            raise without_token(error) from error
        return _receipt(taken)

    def _submitted(self, claim: Claim, mail: Submission) -> Taken:
        if not self._accounts.has_token(claim):
            read = partial(self._accounts.account, claim)
            return self._pool.send_by_key(claim.way.credential_id, read, mail)
        account = self._accounts.account(claim)
        try:
            return self._pool.send(account, mail)
        except RefusedError as error:
            fresh = self._with_fresh_token(claim, account, error)
            if fresh is None:
                raise
        return self._pool.send(fresh, mail)

    def _with_fresh_token(self, claim: Claim, account: Account, error: RefusedError) -> Account | None:
        if error.phase not in _BEFORE_THE_MAIL or error.reply.code not in _NOT_SIGNED_IN:
            return None
        return self._accounts.renewed(claim, account)


def _receipt(taken: Taken) -> Receipt:
    refused = tuple(recipient_refusal(address, reply) for address, reply in taken.refused)
    return Receipt(taken.reply.text, str(taken.reply), refused)
