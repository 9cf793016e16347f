"""One row of the fault tables."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One row.

    Attributes:
        places: where it can happen.
        kind: how it is played: ``page`` (Google's own error page), ``redirect``, ``oauth`` (RFC 6749 JSON),
            ``gmail`` (error JSON), ``text`` (any body), ``wire`` (the connection breaks), ``smtp`` (a reply)
            or ``smtp-wire``.
        status: the HTTP status or SMTP reply code, 0 where there is no answer.
        reason: the error's name in the answer; for ``wire`` what happens to the connection.
        message: Google's sentence; ``{retry_at}`` becomes the time until which to wait.
        canonical: the AIP-193 status; for ``smtp`` the enhanced status code (RFC 3463).
        detail: the reason in Google's ``details``; for ``smtp`` the word that ends the text.
        is_taken: whether a mail is accepted nevertheless.
        usual: where it happens unless told otherwise; everywhere when empty.
    """

    name: str
    places: frozenset[str]
    kind: str
    status: int = 0
    reason: str = ""
    message: str = ""
    canonical: str = ""
    detail: str = ""
    is_taken: bool = False
    usual: frozenset[str] = frozenset()
