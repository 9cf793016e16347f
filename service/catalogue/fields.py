"""What is wrong with one field of a request, and what is only remarkable about it."""

from service.catalogue.steps import CORRECT_REQUEST, DOUBLE_CHECK, NOTHING
from service.catalogue.words import Words, told

FIELDS = {
    "required": told(
        "Field missing",
        "Feld fehlt",
        "This field is required.",
        "Dieses Feld ist nötig.",
        CORRECT_REQUEST,
    ),
    "unknown-field": told(
        "Unknown field",
        "Unbekanntes Feld",
        "There is no such field.",
        "Dieses Feld gibt es nicht.",
        Words(
            "Check the spelling: an unknown name could be a lost attachment.",
            "Prüfen Sie die Schreibweise: Ein unbekannter Name könnte ein verlorener Anhang sein.",
        ),
    ),
    "wrong-type": told(
        "Wrong type",
        "Falscher Typ",
        "The value has the wrong JSON type.",
        "Der Wert hat den falschen JSON-Typ.",
        CORRECT_REQUEST,
    ),
    "invalid-length": told(
        "Wrong length",
        "Falsche Länge",
        "The value is too short or too long.",
        "Der Wert ist zu kurz oder zu lang.",
        CORRECT_REQUEST,
    ),
    "out-of-range": told(
        "Out of range",
        "Außerhalb des Bereichs",
        "The value is outside the allowed range.",
        "Der Wert liegt außerhalb des erlaubten Bereichs.",
        CORRECT_REQUEST,
    ),
    "invalid-choice": told(
        "No such choice",
        "Keine solche Auswahl",
        "The value is none of the allowed ones.",
        "Der Wert ist keiner der erlaubten.",
        CORRECT_REQUEST,
    ),
    "invalid-value": told(
        "Value not valid",
        "Wert nicht gültig",
        "The value is not valid.",
        "Der Wert ist nicht gültig.",
        CORRECT_REQUEST,
    ),
    "invalid-time": told(
        "Time not valid",
        "Zeitpunkt nicht gültig",
        "A time reads 2026-11-23T09:00:00Z, with its zone.",
        "Ein Zeitpunkt lautet 2026-11-23T09:00:00Z, mit Zeitzone.",
        CORRECT_REQUEST,
    ),
    "invalid-content-type": told(
        "Content type not valid",
        "Inhaltstyp nicht gültig",
        "A content type reads like application/pdf.",
        "Ein Inhaltstyp lautet etwa application/pdf.",
        CORRECT_REQUEST,
    ),
    "invalid-content-id": told(
        "Content id not valid",
        "content_id nicht gültig",
        "A content id has 1 to 200 plain characters and stands once.",
        "Eine content_id hat 1 bis 200 einfache Zeichen und kommt einmal vor.",
        CORRECT_REQUEST,
    ),
    "invalid-url": told(
        "Address not valid",
        "Adresse nicht gültig",
        "The address must be a plain https address.",
        "Die Adresse muss eine einfache https-Adresse sein.",
        CORRECT_REQUEST,
    ),
    "too-many": told(
        "Too many",
        "Zu viele",
        "There are too many of these.",
        "Davon gibt es zu viele.",
        CORRECT_REQUEST,
    ),
    "given-twice": told(
        "Given twice",
        "Doppelt angegeben",
        "This parameter came twice.",
        "Dieser Parameter kam doppelt.",
        CORRECT_REQUEST,
    ),
    "address-needs-smtputf8": told(
        "Address cannot be reached",
        "Adresse nicht erreichbar",
        "The part before the @ must be ASCII.",
        "Der Teil vor dem @ darf nur aus ASCII-Zeichen bestehen.",
        Words(
            "Ask the recipient for another address.", "Fragen Sie den Empfänger nach einer anderen Adresse."
        ),
    ),
    "invalid-characters": told(
        "Invalid characters",
        "Ungültige Zeichen",
        "A value holds characters that cannot stand in a mail.",
        "Ein Wert enthält Zeichen, die in einer Mail nicht stehen können.",
        Words(
            "Take out line breaks and control characters.", "Entfernen Sie Zeilenumbrüche und Steuerzeichen."
        ),
    ),
    "header-not-allowed": told(
        "Header not allowed",
        "Header nicht erlaubt",
        "Only X-… fields and a short list of others may be added, each once.",
        "Nur X-…-Felder und wenige andere dürfen hinzukommen, jedes einmal.",
        CORRECT_REQUEST,
    ),
    "app-password-length": told(
        "App password not complete",
        "App-Passwort nicht vollständig",
        "An app password has 16 letters.",
        "Ein App-Passwort hat 16 Buchstaben.",
        Words(
            "Copy all four groups of letters from Google's page.",
            "Kopieren Sie alle vier Buchstabengruppen von der Seite bei Google.",
        ),
    ),
    "app-password-form": told(
        "Not an app password",
        "Kein App-Passwort",
        "This looks like a normal Google password; an app password has letters only.",
        "Das sieht nach einem normalen Google-Passwort aus; ein App-Passwort besteht nur aus Buchstaben.",
        Words(
            "Enter the 16 letters that Google shows when you make an app password.",
            "Tragen Sie die 16 Buchstaben ein, die Google beim Erstellen eines App-Passworts zeigt.",
        ),
    ),
    "password-needed": told(
        "Password missing",
        "Passwort fehlt",
        "This way of sending needs a password.",
        "Dieser Versandweg braucht ein Passwort.",
        CORRECT_REQUEST,
    ),
    "server-needed": told(
        "Mail server missing or too much",
        "Mailserver fehlt oder ist zu viel",
        "A mail server is named for “smtp_server”, and only there.",
        "Ein Mailserver wird bei „smtp_server“ angegeben und nur dort.",
        CORRECT_REQUEST,
    ),
    "relay-not-allowed": told(
        "Relay without password not allowed",
        "Relay ohne Passwort nicht erlaubt",
        "The operator has not allowed the relay without a password for this domain.",
        "Der Betreiber hat das Relay ohne Passwort für diese Domain nicht erlaubt.",
        Words(
            "Use an app password, or let the operator allow the domain.",
            "Verwenden Sie ein App-Passwort, oder lassen Sie den Betreiber die Domain zulassen.",
        ),
    ),
    "attachment-encoding": told(
        "Attachment not readable",
        "Anhang nicht lesbar",
        "“content” is plain base64 (RFC 4648 §4) without line breaks.",
        "„content“ ist reines Base64 (RFC 4648 §4) ohne Zeilenumbrüche.",
        CORRECT_REQUEST,
    ),
    "attachment-hash-mismatch": told(
        "Attachment changed on its way",
        "Anhang unterwegs verändert",
        "The SHA-256 of the bytes is not the one that was given.",
        "Der SHA-256 der Bytes ist nicht der angegebene.",
        Words("Send the file again.", "Senden Sie die Datei noch einmal."),
    ),
    "attachment-empty": told(
        "Attachment empty",
        "Anhang leer",
        "An attachment has no bytes.",
        "Ein Anhang enthält keine Bytes.",
        CORRECT_REQUEST,
    ),
    "attachment-name": told(
        "File name not allowed",
        "Dateiname nicht erlaubt",
        "A file name is no path and holds no control or direction characters.",
        "Ein Dateiname ist kein Pfad und enthält keine Steuer- oder Richtungszeichen.",
        Words("Rename the file.", "Benennen Sie die Datei um."),
    ),
}

WARNINGS = {
    "recipient-merged": told(
        "Recipient named twice",
        "Empfänger doppelt genannt",
        "This address was named before and gets the mail once.",
        "Diese Adresse kam schon vor und erhält die Mail einmal.",
        DOUBLE_CHECK,
    ),
    "mixed-script-domain": told(
        "Domain in mixed alphabets",
        "Domain mit gemischten Alphabeten",
        "The domain mixes alphabets; a look-alike could hide behind it.",
        "Die Domain mischt Alphabete; dahinter könnte sich eine Nachahmung verbergen.",
        Words("Make sure that it is the right one.", "Prüfen Sie, ob es die richtige ist."),
    ),
    "long-subject": told(
        "Long subject",
        "Langer Betreff",
        "The subject is longer than mail programs show.",
        "Der Betreff ist länger, als Mailprogramme anzeigen.",
        DOUBLE_CHECK,
    ),
    "attachment-renamed": told(
        "File renamed",
        "Datei umbenannt",
        "The file name was changed; the answer shows the new one.",
        "Der Dateiname wurde geändert; die Antwort zeigt den neuen.",
        DOUBLE_CHECK,
    ),
    "attachment-content-differs": told(
        "File is not what its name says",
        "Datei passt nicht zu ihrem Namen",
        "The file does not begin as its name promises.",
        "Die Datei beginnt nicht so, wie ihr Name verspricht.",
        DOUBLE_CHECK,
    ),
    "attachment-macros": told(
        "File with macros",
        "Datei mit Makros",
        "Many recipients refuse files with macros.",
        "Viele Empfänger nehmen Dateien mit Makros nicht an.",
        DOUBLE_CHECK,
    ),
    "attachment-encrypted": told(
        "Archive with a password",
        "Archiv mit Passwort",
        "Many recipients refuse archives with a password.",
        "Viele Empfänger nehmen Archive mit Passwort nicht an.",
        DOUBLE_CHECK,
    ),
    "attachment-not-checked": told(
        "Archive not checked",
        "Archiv nicht geprüft",
        "The archive could not be looked into.",
        "In das Archiv konnte nicht hineingesehen werden.",
        DOUBLE_CHECK,
    ),
    "connection-waiting": told(
        "The connection waits",
        "Die Verbindung wartet",
        "The message is kept; it leaves when its connection works again.",
        "Die Nachricht ist gespeichert; sie geht hinaus, sobald ihre Verbindung wieder funktioniert.",
        NOTHING,
    ),
}
