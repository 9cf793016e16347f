"""The one table of problems: code → status, and what a caller is told in English and German."""

from typing import NamedTuple


class Words(NamedTuple):
    """One text in both languages."""

    en: str
    de: str

    def in_language(self, language: str) -> str:
        """The text in ``de``, else in English."""
        return self.de if language == "de" else self.en


class Kind(NamedTuple):
    """One kind of problem (RFC 9457): its HTTP status, its title, one sentence, seconds to wait."""

    status: int
    title: Words
    detail: Words
    retry_after_s: int | None = None


def _kind(status: int, title: tuple[str, str], detail: tuple[str, str], wait_s: int | None = None) -> Kind:
    return Kind(status, Words(*title), Words(*detail), wait_s)


INTERNAL = "internal"
VALIDATION = "validation"

PROBLEMS: dict[str, Kind] = {
    "invalid-json": _kind(
        400,
        ("Invalid JSON", "Ungültiges JSON"),
        (
            "The body must be one JSON object in UTF-8, without duplicate names.",
            "Der Inhalt muss ein einzelnes JSON-Objekt in UTF-8 sein, ohne doppelte Namen.",
        ),
    ),
    "invalid-multipart": _kind(
        400,
        ("Invalid form", "Ungültiges Formular"),
        (
            "The body must be well-formed multipart/form-data.",
            "Der Inhalt muss wohlgeformtes multipart/form-data sein.",
        ),
    ),
    "body-incomplete": _kind(
        400,
        ("Incomplete body", "Unvollständiger Inhalt"),
        (
            "The body ended early. Nothing was kept; send it again.",
            "Der Inhalt brach ab. Es wurde nichts gespeichert; senden Sie ihn noch einmal.",
        ),
    ),
    "invalid-cursor": _kind(
        400,
        ("Invalid cursor", "Ungültige Seitenmarke"),
        (
            "Use the value of “next” from the page before.",
            "Verwenden Sie den Wert „next“ der vorigen Seite.",
        ),
    ),
    "bad-request": _kind(
        400,
        ("Bad request", "Fehlerhafte Anfrage"),
        ("The request cannot be read.", "Die Anfrage kann nicht gelesen werden."),
    ),
    "idempotency-key-missing": _kind(
        400,
        ("Idempotency-Key missing", "Idempotency-Key fehlt"),
        (
            "Send a header Idempotency-Key that is new for each message and the same for each repetition.",
            "Senden Sie einen Header Idempotency-Key: für jede Nachricht neu, für jede Wiederholung gleich.",
        ),
    ),
    "idempotency-key-invalid": _kind(
        400,
        ("Idempotency-Key invalid", "Idempotency-Key ungültig"),
        (
            "The key has 1 to 255 visible ASCII characters without commas and is sent once.",
            "Der Schlüssel hat 1 bis 255 sichtbare ASCII-Zeichen ohne Kommas und wird einmal gesendet.",
        ),
    ),
    "unauthorized": _kind(
        401,
        ("API key required", "API-Schlüssel nötig"),
        (
            "Send a valid API key as “Authorization: Bearer …”.",
            "Senden Sie einen gültigen API-Schlüssel als „Authorization: Bearer …“.",
        ),
    ),
    "forbidden": _kind(
        403,
        ("Not allowed", "Nicht erlaubt"),
        ("This API key may not do this.", "Dieser API-Schlüssel darf das nicht."),
    ),
    "not-found": _kind(
        404,
        ("Not found", "Nicht gefunden"),
        ("There is no such thing here.", "Das gibt es hier nicht."),
    ),
    "method-not-allowed": _kind(
        405,
        ("Method not allowed", "Methode nicht erlaubt"),
        (
            "This address does not know this method; see the header Allow.",
            "Diese Adresse kennt die Methode nicht; siehe Header Allow.",
        ),
    ),
    "not-acceptable": _kind(
        406,
        ("Not acceptable", "Antwortform nicht möglich"),
        ("Answers are application/json.", "Antworten sind application/json."),
    ),
    "timeout": _kind(
        408,
        ("Too slow", "Zu langsam"),
        (
            "The body came too slowly. Nothing was kept; send it again.",
            "Der Inhalt kam zu langsam. Es wurde nichts gespeichert; senden Sie ihn noch einmal.",
        ),
    ),
    "too-late": _kind(
        409,
        ("Too late", "Zu spät"),
        (
            "The message is already on its way or finished.",
            "Die Nachricht ist schon unterwegs oder abgeschlossen.",
        ),
    ),
    "already-sent": _kind(
        409,
        ("Already sent", "Schon versendet"),
        (
            "The message was or may have been sent; “force” sends it a second time.",
            "Die Nachricht wurde oder könnte versendet worden sein; „force“ sendet sie ein zweites Mal.",
        ),
    ),
    "not-uncertain": _kind(
        409,
        ("Nothing to decide", "Nichts zu entscheiden"),
        ("The outcome of this message is not unclear.", "Der Ausgang dieser Nachricht ist nicht unklar."),
    ),
    "connection-disconnected": _kind(
        409,
        ("Connection disconnected", "Verbindung getrennt"),
        ("Connect the mailbox again first.", "Verbinden Sie zuerst das Postfach neu."),
    ),
    "too-large": _kind(
        413,
        ("Body too large", "Inhalt zu groß"),
        (
            "The body is larger than this address reads. Send large files as multipart/form-data.",
            "Der Inhalt ist größer, als diese Adresse liest. Große Dateien nimmt multipart/form-data auf.",
        ),
    ),
    "message-too-large": _kind(
        413,
        ("Message too large", "Nachricht zu groß"),
        ("The message is larger than can be sent.", "Die Nachricht ist größer, als versendet werden kann."),
    ),
    "unsupported-media-type": _kind(
        415,
        ("Unsupported media type", "Inhaltsform nicht möglich"),
        (
            "Send application/json in UTF-8 (messages also as multipart/form-data), not compressed.",
            "Senden Sie application/json in UTF-8 (Nachrichten auch als multipart/form-data), unkomprimiert.",
        ),
    ),
    VALIDATION: _kind(
        422,
        ("Not valid", "Nicht gültig"),
        ("Correct what “errors” names.", "Berichtigen Sie, was „errors“ nennt."),
    ),
    "idempotency-key-reused": _kind(
        422,
        ("Idempotency-Key used before", "Idempotency-Key schon verwendet"),
        (
            "This key came with another message before; use a new one.",
            "Dieser Schlüssel kam schon mit einer anderen Nachricht; verwenden Sie einen neuen.",
        ),
    ),
    "invalid-address": _kind(
        422,
        ("Invalid address", "Ungültige Adresse"),
        (
            "Each address reads name@example.com or Name <name@example.com>.",
            "Jede Adresse lautet name@example.com oder Name <name@example.com>.",
        ),
    ),
    "address-needs-smtputf8": _kind(
        422,
        ("Address cannot be reached", "Adresse nicht erreichbar"),
        (
            "The part before the @ must be ASCII.",
            "Der Teil vor dem @ darf nur aus ASCII-Zeichen bestehen.",
        ),
    ),
    "sender-not-allowed": _kind(
        422,
        ("Sender not allowed", "Absender nicht erlaubt"),
        ("From must be the connection's address.", "Der Absender muss die Adresse der Verbindung sein."),
    ),
    "invalid-characters": _kind(
        422,
        ("Invalid characters", "Ungültige Zeichen"),
        (
            "A value holds characters that cannot stand in a mail.",
            "Ein Wert enthält Zeichen, die in einer Mail nicht stehen können.",
        ),
    ),
    "header-not-allowed": _kind(
        422,
        ("Header not allowed", "Header nicht erlaubt"),
        (
            "Only X-… fields and a short list of others may be added, each once.",
            "Nur X-…-Felder und wenige andere dürfen hinzukommen, jedes einmal.",
        ),
    ),
    "attachment-encoding": _kind(
        422,
        ("Attachment not readable", "Anhang nicht lesbar"),
        (
            "“content” is plain base64 (RFC 4648 §4) without line breaks.",
            "„content“ ist reines Base64 (RFC 4648 §4) ohne Zeilenumbrüche.",
        ),
    ),
    "attachment-hash-mismatch": _kind(
        422,
        ("Attachment changed on its way", "Anhang unterwegs verändert"),
        (
            "The SHA-256 of the bytes is not the one that was given.",
            "Der SHA-256 der Bytes ist nicht der angegebene.",
        ),
    ),
    "attachment-empty": _kind(
        422,
        ("Attachment empty", "Anhang leer"),
        ("An attachment has no bytes.", "Ein Anhang enthält keine Bytes."),
    ),
    "attachment-name": _kind(
        422,
        ("File name not allowed", "Dateiname nicht erlaubt"),
        (
            "A file name is no path and holds no control or direction characters.",
            "Ein Dateiname ist kein Pfad und enthält keine Steuer- oder Richtungszeichen.",
        ),
    ),
    "attachment-type-blocked": _kind(
        422,
        ("Attachment type blocked", "Anhangstyp gesperrt"),
        (
            "Gmail does not take files of this type, also not in a ZIP archive.",
            "Gmail nimmt Dateien dieses Typs nicht an, auch nicht in einem ZIP-Archiv.",
        ),
    ),
    INTERNAL: _kind(
        500,
        ("Internal error", "Interner Fehler"),
        (
            "Something went wrong here. Nothing is lost; repeat with the same Idempotency-Key.",
            "Hier ging etwas schief. Nichts geht verloren; wiederholen Sie mit demselben Idempotency-Key.",
        ),
    ),
    "unavailable": _kind(
        503,
        ("Not available right now", "Zurzeit nicht verfügbar"),
        (
            "Nothing was kept; repeat later with the same Idempotency-Key.",
            "Es wurde nichts gespeichert; wiederholen Sie später mit demselben Idempotency-Key.",
        ),
        5,
    ),
    "storage-full": _kind(
        503,
        ("No room left", "Kein Platz mehr"),
        (
            "Nothing was kept; the operator has to make room.",
            "Es wurde nichts gespeichert; der Betreiber muss Platz schaffen.",
        ),
        60,
    ),
    "key-unavailable": _kind(
        503,
        ("Key not available", "Schlüssel nicht verfügbar"),
        (
            "Contents cannot be sealed or opened; the operator has to act.",
            "Inhalte können nicht ver- oder entschlüsselt werden; der Betreiber muss handeln.",
        ),
        60,
    ),
}
