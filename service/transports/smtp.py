"""SMTP as a way out: adapter of ``outbox.ports.Transport``.

For XOAUTH2 (of a person and of a delegation), app passwords, the Workspace relay and own servers.
"""

from collections.abc import Callable

from service.errors import NotFoundError, TokenError
from service.outbox.ports import Claim, Outgoing
from service.outbox.verdict import Receipt
from service.smtp.errors import RefusedError, SmtpError
from service.smtp.kept import Account
from service.smtp.pool import SessionPool
from service.smtp.replies import Phase
from service.smtp.submission import Submission, Taken
from service.transports.gmail_api import token_delivery_error
from service.transports.smtp_accounts import SmtpAccounts
from service.transports.smtp_errors import delivery_error
from service.transports.smtp_replies import recipient_refusal

AUTHENTICATION_FAILED = 535


class SmtpTransport:
    """Submits over kept sessions. Repeats a mail in one case only: after a token was refused, before MAIL."""

    name = "smtp"

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
            raise token_delivery_error(error) from error
        return _receipt(claim, taken)

    def _submitted(self, claim: Claim, mail: Submission) -> Taken:
        account = self._accounts.account(claim)
        try:
            return self._pool.send(account, mail)
        except RefusedError as error:
            fresh = self._with_fresh_token(claim, account, error)
            if fresh is None:
                raise
        return self._pool.send(fresh, mail)

    def _with_fresh_token(self, claim: Claim, account: Account, error: RefusedError) -> Account | None:
        if error.phase is not Phase.AUTH or error.reply.code != AUTHENTICATION_FAILED:
            return None
        return self._accounts.renewed(claim, account)


def _receipt(claim: Claim, taken: Taken) -> Receipt:
    addresses = {recipient.spec: recipient for recipient in claim.recipients}
    refused = tuple(recipient_refusal(addresses[address], reply) for address, reply in taken.refused)
    return Receipt(taken.reply.text, str(taken.reply), refused)
