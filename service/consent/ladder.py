"""The steps beyond sending: each a right of its own, asked for later and only by who wants what it gives.

Google's classes: https://developers.google.com/workspace/gmail/api/auth/scopes (2026-09); what a restricted
scope costs: https://support.google.com/cloud/answer/13464325 (2026-09).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from service.connections.connection import Connection
from service.consent import scopes


class Access(StrEnum):
    """A step by its name; the words of the API."""

    LOOK_INTO_SENT = "look_into_sent"
    READ_ALIASES = "read_aliases"
    SMTP = "smtp"


@dataclass(frozen=True, slots=True)
class Step:
    """One step, in German and English by language code.

    Attributes:
        scopes: what is asked for beside the right to send.
        gives: what the mailbox owner gains.
        may: what we then could do with the mailbox.
        costs: what Google asks of the operator for it.
    """

    access: Access
    scopes: frozenset[str]
    title: dict[str, str]
    gives: dict[str, str]
    may: dict[str, str]
    costs: dict[str, str]


_RESTRICTED = {
    "en": "A restricted scope: outside your own Workspace (Internal) Google wants a verification of the app, "
    "and a yearly security assessment (CASA) by a paid assessor.",
    "de": "Ein eingeschränkter Bereich: Außerhalb des eigenen Workspace (Intern) verlangt Google "
    "eine Prüfung der App und jährlich eine Sicherheitsprüfung (CASA) durch einen bezahlten Prüfer.",
}

STEPS = {
    step.access: step
    for step in (
        Step(
            Access.LOOK_INTO_SENT,
            scopes.METADATA,
            {"en": "Look into “Sent”", "de": "In „Gesendet“ nachsehen"},
            {
                "en": "When Google's answer to a mail is lost, we find out by ourselves whether it was sent.",
                "de": "Geht Googles Antwort auf eine Mail verloren, stellen wir selbst fest, "
                "ob sie versendet wurde.",
            },
            {
                "en": "We could see senders, recipients, subjects and labels of all mails, but no contents.",
                "de": "Wir könnten Absender, Empfänger, Betreff und Labels aller E-Mails sehen, "
                "aber keine Inhalte.",
            },
            _RESTRICTED,
        ),
        Step(
            Access.READ_ALIASES,
            scopes.SETTINGS,
            {"en": "Send from other addresses", "de": "Von weiteren Adressen senden"},
            {
                "en": "The verified addresses under “Send mail as” in Gmail may be used as sender.",
                "de": "Die bestätigten Adressen unter „Senden als“ in Gmail dürfen Absender sein.",
            },
            {
                "en": "We could read and change the settings of the mailbox, such as filters.",
                "de": "Wir könnten die Einstellungen des Postfachs lesen und ändern, etwa Filter.",
            },
            _RESTRICTED,
        ),
        Step(
            Access.SMTP,
            scopes.SMTP,
            {"en": "SMTP as a second way", "de": "SMTP als zweiter Weg"},
            {
                "en": "Where the Gmail API does not work, mail goes out by SMTP, without a password.",
                "de": "Wo die Gmail-API nicht funktioniert, wird per SMTP versendet, ohne Passwort.",
            },
            {
                "en": "We could read, send and delete all mail.",
                "de": "Wir könnten alle E-Mails lesen, senden und löschen.",
            },
            _RESTRICTED,
        ),
    )
}


def scopes_of(access: Iterable[Access]) -> frozenset[str]:
    """All that has to be asked for, with the right to send."""
    return scopes.SENDING.union(*(STEPS[one].scopes for one in access))


def wanted(asked: frozenset[str], access: Iterable[Access], known: Connection | None) -> frozenset[str]:
    """What to ask for, with these steps: a reconnect must not lose one that was climbed before.

    After a disconnect none is left.
    """
    kept = known.scopes if known is not None and known.credential_id is not None else frozenset[str]()
    return asked.union(kept, *(STEPS[one].scopes for one in access))


def given(granted: frozenset[str]) -> tuple[Access, ...]:
    """The steps that these scopes allow, in the order of the ladder."""
    allowed = {
        Access.LOOK_INTO_SENT: scopes.may_look_into_sent(granted),
        Access.READ_ALIASES: scopes.may_read_aliases(granted),
        Access.SMTP: scopes.MAIL in granted,
    }
    return tuple(access for access, is_allowed in allowed.items() if is_allowed)


def unticked(asked: frozenset[str], granted: frozenset[str]) -> tuple[Access, ...]:
    """The steps that were asked for and not given: the person left their box empty."""
    has = given(granted)
    return tuple(access for access, step in STEPS.items() if step.scopes <= asked and access not in has)
