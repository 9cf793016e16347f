"""The scopes that the sandbox's Google knows, what it says about them, and which call needs which.

Source: developers.google.com/identity/protocols/oauth2/resources/granular-permissions (the boxes), and the
scopes that the Gmail discovery document names for each method (2026-10).
"""

_AUTH = "https://www.googleapis.com/auth/"
MAIL = "https://mail.google.com/"
MODIFY, COMPOSE, READONLY, METADATA, SEND, SETTINGS = (
    f"{_AUTH}gmail.{name}" for name in ("modify", "compose", "readonly", "metadata", "send", "settings.basic")
)
DIRECTORY = f"{_AUTH}admin.directory.user.readonly"
CLOUD = frozenset({f"{_AUTH}cloud-platform", f"{_AUTH}iam"})  # of workloads, not of people
OPENID = "openid"
EMAIL = f"{_AUTH}userinfo.email"
PROFILE = f"{_AUTH}userinfo.profile"
SIGN_IN = frozenset({OPENID, EMAIL, PROFILE})
_SHORT = {"email": EMAIL, "profile": PROFILE}

TEXTS = {
    OPENID: ("Associate you with your personal info on Google",
             "Dich mit deinen Daten bei Google verknüpfen"),
    EMAIL: ("See your primary Google Account email address", "Deine primäre E-Mail-Adresse ansehen"),
    PROFILE: ("See your personal info that is public", "Deine öffentlichen Angaben ansehen"),
    MAIL: ("Read, compose, send, and permanently delete all your email from Gmail",
           "Alle E-Mails lesen, schreiben, senden und endgültig löschen"),
    MODIFY: ("Read, compose, and send emails from your Gmail account",
             "E-Mails in deinem Gmail-Konto lesen, schreiben und senden"),
    COMPOSE: ("Manage drafts and send emails", "Entwürfe verwalten und E-Mails senden"),
    READONLY: ("View your email messages and settings", "E-Mails und Einstellungen ansehen"),
    METADATA: ("View your email message metadata such as labels and headers, but not the email body",
               "Labels und Kopfzeilen von E-Mails ansehen, aber nicht ihren Text"),
    SEND: ("Send email on your behalf", "E-Mails in deinem Namen senden"),
    SETTINGS: ("See, edit, create or change your email settings and filters in Gmail",
               "E-Mail-Einstellungen und Filter in Gmail ansehen und ändern"),
    DIRECTORY: ("See info about users on your domain", "Daten der Nutzer deiner Domain ansehen"),
}  # fmt: skip

NEEDED = {
    "send": frozenset({MAIL, MODIFY, COMPOSE, SEND}),
    "get": frozenset({MAIL, MODIFY, READONLY, METADATA}),
    "list": frozenset({MAIL, MODIFY, READONLY, METADATA}),
    "profile": frozenset({MAIL, MODIFY, COMPOSE, READONLY, METADATA}),
    "sendAs": frozenset({MAIL, MODIFY, READONLY, SETTINGS}),
}
WITH_CONTENT = NEEDED["get"] - {METADATA}


def full(text: str) -> frozenset[str]:
    """A space-separated list, as Google answers it: short names written out, ``openid`` with identity."""
    named = frozenset(_SHORT.get(name, name) for name in text.split())
    return named | {OPENID} if named & {EMAIL, PROFILE} else named


def unknown(scopes: frozenset[str]) -> list[str]:
    """Those that no API has."""
    return sorted(scopes - TEXTS.keys())


def boxes(scopes: frozenset[str]) -> list[str]:
    """Those that the person ticks one by one; none when the request is too small for granular consent."""
    others = sorted(scopes - SIGN_IN)
    is_small = len(others) == 1 and not scopes & SIGN_IN
    return [] if is_small else others


def joined(scopes: frozenset[str]) -> str:
    """As one parameter."""
    return " ".join(sorted(scopes))
