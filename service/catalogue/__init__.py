"""The one table of problems: code → title, sentence and next step, in English and German.

API, pages, log and notices read it, so a failure reads the same everywhere. Start reading at ``THEMES``.
May import nothing of the product.
"""

from typing import NamedTuple

from service.catalogue.consent import CONSENT
from service.catalogue.delegation import ADMIN_PATH, DELEGATION
from service.catalogue.delivery import DELIVERY
from service.catalogue.domains import DOMAINS
from service.catalogue.fields import FIELDS, WARNINGS
from service.catalogue.mailbox import MAILBOX
from service.catalogue.operation import INTERNAL, OPERATION
from service.catalogue.people import PEOPLE
from service.catalogue.requests import REQUESTS
from service.catalogue.setup import SETUP
from service.catalogue.words import Advice, Words

__all__ = ["ADMIN_PATH", "CATALOGUE", "INTERNAL", "THEMES", "Advice", "Theme", "Words", "advice", "anchor"]


class Theme(NamedTuple):
    """Problems that belong together, in the order of the help page."""

    name: str
    title: Words
    problems: dict[str, Advice]


THEMES = (
    Theme("mail", Words("The mail and its recipients", "Die Mail und ihre Empfänger"), DELIVERY),
    Theme("mailbox", Words("The mailbox", "Das Postfach"), MAILBOX),
    Theme(
        "setup",
        Words("Set-up by operator and admin", "Einrichtung durch Betreiber und Admin"),
        SETUP | DELEGATION,
    ),
    Theme("domain", Words("The sender's domain", "Die Domain des Absenders"), DOMAINS),
    Theme("connecting", Words("Connecting and signing in", "Verbinden und Anmelden"), CONSENT | PEOPLE),
    Theme("requests", Words("Requests", "Anfragen"), REQUESTS),
    Theme("fields", Words("Fields of a request", "Felder einer Anfrage"), FIELDS),
    Theme("warnings", Words("Warnings", "Hinweise"), WARNINGS),
    Theme("service", Words("This service", "Dieser Dienst"), OPERATION),
)

CATALOGUE: dict[str, Advice] = {code: told for theme in THEMES for code, told in theme.problems.items()}


def advice(code: str) -> Advice:
    """What a reader is told about a code; about an unknown one, such as of a later version, general words."""
    return CATALOGUE.get(code, CATALOGUE[INTERNAL])


def anchor(code: str) -> str:
    """Where the help page tells about it, such as ``#quota-reached``."""
    return f"#{code if code in CATALOGUE else INTERNAL}"
