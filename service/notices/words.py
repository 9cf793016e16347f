"""The words of the mails to owners, in the language in which they connected their mailbox.

Where nobody knows it, German comes first and English below.
"""

from dataclasses import dataclass
from html import escape

from service.notices.incident import IncidentKind, Step


@dataclass(frozen=True, slots=True)
class Facts:
    """What a mail tells.

    Attributes:
        tenant: name of the company that sends from the mailbox.
        waiting: how many mails wait.
        link: where the owner mends it; ``None`` when nothing is to be mended.
        meaning: the page that explains the code; ``None`` as for ``link``.
        is_connect_link: whether ``link`` opens by itself; else it leads to our pages, which want a sign-in.
        is_paused: whether a person holds the mail of the mailbox, however well it works.
    """

    tenant: str
    address: str
    code: str
    waiting: int
    link: str | None
    meaning: str | None
    is_connect_link: bool = True
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """One language: greeting, paragraphs, the button, what is to be known of it, and what explains it all."""

    language: str
    subject: str
    paragraphs: tuple[str, ...]
    button: str
    about_link: str
    meaning: str


_WHY = {
    "connection-revoked": (
        "Google akzeptiert den Zugang zu {address} nicht mehr (entfernt, Passwort geändert oder abgelaufen).",
        "Google no longer accepts the access to {address} (removed, password changed or expired).",
    ),
    "scope-missing": (
        "Das Recht zum Senden aus {address} fehlt.",
        "The right to send from {address} is missing.",
    ),
    "app-password-rejected": (
        "Der Mailserver lehnt das hinterlegte Passwort von {address} ab (gelöscht oder geändert).",
        "The mail server refuses the stored password of {address} (deleted or changed).",
    ),
}
_WHY_ELSE = (
    "Der Zugang zu {address} funktioniert nicht mehr.",
    "The access to {address} no longer works.",
)
_SUBJECTS = {
    Step.NOTICE: (
        "Rechnungsversand angehalten: {address} neu verbinden",
        "Sending invoices is on hold: reconnect {address}",
    ),
    Step.REMINDER: (
        "Erinnerung: Rechnungsversand angehalten: {address} neu verbinden",
        "Reminder: sending invoices is on hold: reconnect {address}",
    ),
    Step.LAST_REMINDER: (
        "Letzte Erinnerung: Rechnungsversand angehalten: {address} neu verbinden",
        "Last reminder: sending invoices is on hold: reconnect {address}",
    ),
    Step.SOLVED: ("Rechnungsversand läuft wieder: {address}", "Invoices are sent again: {address}"),
}
_STILL_PAUSED = (
    "Zugang erneuert, Versand weiter angehalten: {address}",
    "Access renewed, sending still paused: {address}",
)
_DEGRADED = (
    "Ein Versandweg ist ausgefallen: {address} neu verbinden",
    "One way to send has failed: reconnect {address}",
)
_BUTTONS = ("Neu verbinden", "Reconnect")
_ABOUT_LINK = (
    "Der Link braucht keine Anmeldung bei uns, gilt 72 Stunden und nur für {address}.",
    "The link needs no sign-in with us, works for 72 hours, and for {address} only.",
)
_ABOUT_PAGES = (
    (
        "Dort melden Sie sich an und erneuern den Zugang, etwa das Passwort. Haben Sie kein Konto bei uns, "
        "leiten Sie diese E-Mail bitte an die Person weiter, die {address} eingerichtet hat."
    ),
    (
        "Sign in there and renew the access, such as the password. Without an account with us, please pass "
        "this mail on to the person who set {address} up."
    ),
)
_MEANING = ("Was das bedeutet:", "What this means:")


def write(step: Step, kind: IncidentKind, facts: Facts, locale: str | None) -> tuple[str, str, str]:
    """Subject, text and HTML of this mail of an incident; the subject is in the first language."""
    pattern = _DEGRADED if kind is IncidentKind.DEGRADED else _SUBJECTS[step]
    if step is Step.SOLVED and facts.is_paused:
        pattern = _STILL_PAUSED
    about_link = _ABOUT_LINK if facts.is_connect_link else _ABOUT_PAGES
    every = tuple(
        _Part(
            language,
            pattern[number].format(address=facts.address),
            told(step, kind, facts),
            _BUTTONS[number],
            about_link[number].format(address=facts.address),
            _MEANING[number],
        )
        for number, (language, told) in enumerate((("de", _german), ("en", _english)))
    )
    parts = tuple(part for part in every if part.language == locale) or every
    return parts[0].subject, _text(parts, facts), _html(parts, facts)


def _german(step: Step, kind: IncidentKind, facts: Facts) -> tuple[str, ...]:
    if step is Step.SOLVED and facts.is_paused:
        works = f"Der Zugang zu {facts.address} funktioniert wieder."
        held = f"Der Versand von {facts.tenant} aus diesem Postfach bleibt angehalten"
        return ("Guten Tag,", works, f"{held}, bis ihn jemand fortsetzt. Nichts geht verloren.")
    if step is Step.SOLVED:
        flows = f"{facts.tenant} versendet wieder aus {facts.address}."
        rest = "Was gewartet hat, wird jetzt versendet. Sie müssen nichts weiter tun."
        return ("Guten Tag,", flows, rest)
    why = _WHY.get(facts.code, _WHY_ELSE)[0].format(address=facts.address)
    if kind is IncidentKind.DEGRADED:
        return ("Guten Tag,", why, "Ihre Rechnungen werden inzwischen auf einem anderen Weg versendet.")
    held = f"Der Versand von {facts.tenant} aus diesem Postfach ist angehalten. Nichts geht verloren."
    return ("Guten Tag,", why, f"{held} {_waiting_de(facts.waiting)}")


def _english(step: Step, kind: IncidentKind, facts: Facts) -> tuple[str, ...]:
    if step is Step.SOLVED and facts.is_paused:
        works = f"The access to {facts.address} works again."
        held = f"What {facts.tenant} sends from this mailbox stays paused until somebody resumes it."
        return ("Hello,", works, f"{held} Nothing is lost.")
    if step is Step.SOLVED:
        flows = f"{facts.tenant} sends from {facts.address} again."
        return ("Hello,", flows, "What was waiting is sent now. You need do nothing more.")
    why = _WHY.get(facts.code, _WHY_ELSE)[1].format(address=facts.address)
    if kind is IncidentKind.DEGRADED:
        return ("Hello,", why, "Your invoices take another way in the meantime.")
    held = f"The mail that {facts.tenant} sends from this mailbox is on hold. Nothing is lost."
    return ("Hello,", why, f"{held} {_waiting_en(facts.waiting)}")


def _waiting_de(count: int) -> str:
    if count == 0:
        return "Zurzeit wartet keine Mail."
    return "1 Mail wartet." if count == 1 else f"{count} Mails warten."


def _waiting_en(count: int) -> str:
    if count == 0:
        return "No mail is waiting right now."
    return "1 mail is waiting." if count == 1 else f"{count} mails are waiting."


def _text(parts: tuple[_Part, ...], facts: Facts) -> str:
    blocks = []
    for part in parts:
        call = (f"{part.button}: {facts.link}", part.about_link) if facts.link else ()
        if facts.meaning:
            call = (*call, f"{part.meaning} {facts.meaning}")
        blocks.append("\n\n".join((*part.paragraphs, *call)))
    return "\n\n--\n\n".join(blocks) + "\n"


def _html(parts: tuple[_Part, ...], facts: Facts) -> str:
    """One button: the words of a second language lead to it, as those of the first one do."""
    page = "<hr>".join(f'<div lang="{part.language}">{_body(part, parts, facts)}</div>' for part in parts)
    return (
        f'<!doctype html><html lang="{parts[0].language}"><head><meta charset="utf-8"></head>'
        f'<body style="font-family:Arial,sans-serif;font-size:16px;color:#1f2937">{page}</body></html>'
    )


def _body(part: _Part, parts: tuple[_Part, ...], facts: Facts) -> str:
    body = [f"<p>{escape(paragraph)}</p>" for paragraph in part.paragraphs]
    if facts.link:
        words = " / ".join(one.button for one in parts)
        button = _button(facts.link, words) if part is parts[0] else ""
        body.append(f"{button}<p>{escape(part.about_link)}</p>")
    if facts.meaning:
        address = escape(facts.meaning)
        body.append(f'<p>{part.meaning} <a href="{address}">{address}</a></p>')
    return "".join(body)


def _button(link: str, words: str) -> str:
    style = (
        "display:inline-block;padding:12px 20px;border-radius:6px;background:#0b57d0;color:#ffffff;"
        "text-decoration:none;font-weight:bold"
    )
    return f'<p><a href="{escape(link)}" style="{style}">{escape(words)}</a></p>'
