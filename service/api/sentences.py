"""What a caller is told about one field: the code of a fault or a warning → a sentence in both languages.

An English fault brings its own, more exact sentence; where there is none, and in German, these count.
"""

from service.api.problems import PROBLEMS, Words

_SENTENCES: dict[str, Words] = {
    "required": Words("This field is required.", "Dieses Feld ist nötig."),
    "unknown-field": Words("There is no such field.", "Dieses Feld gibt es nicht."),
    "wrong-type": Words("The value has the wrong JSON type.", "Der Wert hat den falschen JSON-Typ."),
    "invalid-length": Words("The value is too short or too long.", "Der Wert ist zu kurz oder zu lang."),
    "out-of-range": Words(
        "The value is outside the allowed range.", "Der Wert liegt außerhalb des erlaubten Bereichs."
    ),
    "invalid-choice": Words("The value is none of the allowed ones.", "Der Wert ist keiner der erlaubten."),
    "invalid-value": Words("The value is not valid.", "Der Wert ist nicht gültig."),
    "invalid-time": Words(
        "A time reads 2026-11-23T09:00:00Z, with its zone.",
        "Ein Zeitpunkt lautet 2026-11-23T09:00:00Z, mit Zeitzone.",
    ),
    "invalid-content-type": Words(
        "A content type reads like application/pdf.", "Ein Inhaltstyp lautet etwa application/pdf."
    ),
    "invalid-content-id": Words(
        "A content id has 1 to 200 plain characters and stands once.",
        "Eine content_id hat 1 bis 200 einfache Zeichen und kommt einmal vor.",
    ),
    "invalid-url": Words(
        "The address must be a plain https address.", "Die Adresse muss eine einfache https-Adresse sein."
    ),
    "too-many": Words("There are too many of these.", "Davon gibt es zu viele."),
    "given-twice": Words("This parameter came twice.", "Dieser Parameter kam doppelt."),
    # Warnings: the message was taken.
    "recipient-merged": Words(
        "This address was named before and gets the mail once.",
        "Diese Adresse kam schon vor und erhält die Mail einmal.",
    ),
    "mixed-script-domain": Words(
        "The domain mixes alphabets; make sure that it is the right one.",
        "Die Domain mischt Alphabete; prüfen Sie, ob es die richtige ist.",
    ),
    "long-subject": Words(
        "The subject is longer than mail programs show.",
        "Der Betreff ist länger, als Mailprogramme anzeigen.",
    ),
    "attachment-renamed": Words(
        "The file name was changed; the answer shows the new one.",
        "Der Dateiname wurde geändert; die Antwort zeigt den neuen.",
    ),
    "attachment-content-differs": Words(
        "The file does not begin as its name promises.",
        "Die Datei beginnt nicht so, wie ihr Name verspricht.",
    ),
    "attachment-macros": Words(
        "Many recipients refuse files with macros.", "Viele Empfänger nehmen Dateien mit Makros nicht an."
    ),
    "attachment-encrypted": Words(
        "Many recipients refuse archives with a password.",
        "Viele Empfänger nehmen Archive mit Passwort nicht an.",
    ),
    "attachment-not-checked": Words(
        "The archive could not be looked into.", "In das Archiv konnte nicht hineingesehen werden."
    ),
    "connection-waiting": Words(
        "The message is kept; it leaves when its connection works again.",
        "Die Nachricht ist gespeichert; sie geht hinaus, sobald ihre Verbindung wieder funktioniert.",
    ),
}


def sentence(code: str, language: str, english: str = "") -> str:
    """The sentence of a field's code; ``english`` is used for English, where it is given."""
    if language != "de" and english:
        return english
    if code in _SENTENCES:
        return _SENTENCES[code].in_language(language)
    return PROBLEMS[code].detail.in_language(language) if code in PROBLEMS else english
