"""What is wrong with a request as a whole, of a program or of a browser."""

from service.catalogue.steps import CHECK_STATE, CORRECT_REQUEST, NEW_KEY, REPEAT
from service.catalogue.words import Words, told

REQUESTS = {
    "invalid-json": told(
        "Invalid JSON",
        "Ungültiges JSON",
        "The body must be one JSON object in UTF-8, without duplicate names.",
        "Der Inhalt muss ein einzelnes JSON-Objekt in UTF-8 sein, ohne doppelte Namen.",
        CORRECT_REQUEST,
    ),
    "invalid-multipart": told(
        "Invalid form",
        "Ungültiges Formular",
        "The body must be well-formed multipart/form-data.",
        "Der Inhalt muss wohlgeformtes multipart/form-data sein.",
        CORRECT_REQUEST,
    ),
    "body-incomplete": told(
        "Incomplete body",
        "Unvollständiger Inhalt",
        "The body ended early. Nothing was kept.",
        "Die Übertragung des Inhalts brach ab. Es wurde nichts gespeichert.",
        REPEAT,
    ),
    "invalid-cursor": told(
        "Invalid cursor",
        "Ungültige Seitenmarke",
        "The cursor does not come from this list.",
        "Die Seitenmarke stammt nicht aus dieser Liste.",
        Words(
            "Use the value of “next” from the page before.",
            "Verwenden Sie den Wert „next“ der vorigen Seite.",
        ),
    ),
    "bad-request": told(
        "This request was not understood",
        "Diese Anfrage wurde nicht verstanden",
        "The request cannot be read. Nothing was changed.",
        "Die Anfrage kann nicht gelesen werden. Es wurde nichts geändert.",
        Words(
            "Load the page again and repeat; a program must correct its request.",
            "Laden Sie die Seite neu und wiederholen Sie den Schritt; ein Programm muss seine Anfrage "
            "korrigieren.",
        ),
    ),
    "idempotency-key-missing": told(
        "Idempotency-Key missing",
        "Idempotency-Key fehlt",
        "A message needs a header Idempotency-Key, so that a repetition sends nothing twice.",
        "Eine Nachricht braucht einen Header Idempotency-Key, damit eine Wiederholung nichts doppelt sendet.",
        NEW_KEY,
    ),
    "idempotency-key-invalid": told(
        "Idempotency-Key invalid",
        "Idempotency-Key ungültig",
        "The key has 1 to 255 visible ASCII characters without commas and is sent once.",
        "Der Schlüssel hat 1 bis 255 sichtbare ASCII-Zeichen ohne Kommas und wird einmal gesendet.",
        CORRECT_REQUEST,
    ),
    "idempotency-key-reused": told(
        "Idempotency-Key used before",
        "Idempotency-Key schon verwendet",
        "This key came with another message before. Nothing was kept.",
        "Dieser Schlüssel wurde schon für eine andere Nachricht verwendet. Es wurde nichts gespeichert.",
        NEW_KEY,
    ),
    "unauthorized": told(
        "API key required",
        "API-Schlüssel nötig",
        "No valid API key was sent.",
        "Es wurde kein gültiger API-Schlüssel gesendet.",
        Words(
            "Send a valid API key as “Authorization: Bearer …”.",
            "Senden Sie einen gültigen API-Schlüssel als „Authorization: Bearer …“.",
        ),
    ),
    "key-ended": told(
        "The API key has ended",
        "Der API-Schlüssel ist abgelaufen",
        "This API key was revoked or has expired, so it cannot be replaced.",
        "Dieser API-Schlüssel wurde widerrufen oder ist abgelaufen und lässt sich deshalb nicht ersetzen.",
        Words("Create a new key.", "Erstellen Sie einen neuen Schlüssel."),
    ),
    "key-exists": told(
        "The API key was already made",
        "Der API-Schlüssel wurde schon erstellt",
        "This form was sent twice. The first time made the key, and its secret is shown only once.",
        "Dieses Formular wurde zweimal gesendet. Beim ersten Mal wurde der Schlüssel erstellt; sein "
        "Geheimnis wird nur einmal angezeigt.",
        Words(
            "If you have not copied it, revoke that key and create a new one.",
            "Haben Sie ihn nicht kopiert, widerrufen Sie diesen Schlüssel und erstellen Sie einen neuen.",
        ),
    ),
    "precondition-failed": told(
        "Changed meanwhile",
        "Inzwischen geändert",
        "This has been changed since you looked at it, so your change was not saved.",
        "Das hat sich geändert, seit Sie es sich angesehen haben. Deshalb wurde Ihre Änderung nicht "
        "gespeichert.",
        Words(
            "Look at what is kept now, and make your change again if you still want it.",
            "Sehen Sie nach, was jetzt gespeichert ist, und ändern Sie es noch einmal, wenn Sie das noch "
            "möchten.",
        ),
    ),
    "forbidden": told(
        "Not allowed",
        "Nicht erlaubt",
        "This API key may not do this.",
        "Dieser API-Schlüssel darf das nicht.",
        Words(
            "Use a key with this right, or let the operator make one.",
            "Verwenden Sie einen Schlüssel mit diesem Recht, oder lassen Sie den Betreiber einen erstellen.",
        ),
    ),
    "not-found": told(
        "Not found",
        "Nicht gefunden",
        "There is no such thing here, or it belongs to somebody else.",
        "Das gibt es hier nicht, oder es gehört jemand anderem.",
        Words(
            "Check the address or the id; the start page shows what there is.",
            "Prüfen Sie die Adresse oder die ID; die Startseite zeigt, was es gibt.",
        ),
    ),
    "method-not-allowed": told(
        "Method not allowed",
        "Methode nicht erlaubt",
        "This address does not know this method.",
        "Diese Adresse kennt die Methode nicht.",
        Words("Use one that the header Allow names.", "Verwenden Sie eine, die der Header Allow nennt."),
    ),
    "not-acceptable": told(
        "Not acceptable",
        "Antwortformat nicht verfügbar",
        "Answers are application/json.",
        "Antworten gibt es nur als application/json.",
        Words(
            "Allow application/json in the header Accept.", "Lassen Sie im Header Accept application/json zu."
        ),
    ),
    "timeout": told(
        "Too slow",
        "Zu langsam",
        "The body came too slowly. Nothing was kept.",
        "Der Inhalt wurde zu langsam übertragen. Es wurde nichts gespeichert.",
        REPEAT,
    ),
    "too-late": told(
        "Too late",
        "Zu spät",
        "The message is already on its way or finished.",
        "Die Nachricht ist schon unterwegs oder abgeschlossen.",
        CHECK_STATE,
    ),
    "already-sent": told(
        "Already sent",
        "Schon gesendet",
        "The message was or may have been sent. Sending it again would reach the recipient twice.",
        "Die Nachricht wurde schon oder möglicherweise schon gesendet. Bei erneutem Senden bekäme der "
        "Empfänger sie doppelt.",
        Words(
            "If it shall go out twice, say so: on the page tick the box, in the API set “force”.",
            "Soll sie trotzdem noch einmal hinausgehen, setzen Sie auf der Seite den Haken oder in der API "
            "„force“.",
        ),
    ),
    "content-deleted": told(
        "Content deleted",
        "Inhalt gelöscht",
        "The content of this message was deleted after the time that is set for it. The log of it remains.",
        "Der Inhalt dieser Nachricht wurde nach der eingestellten Zeit gelöscht. Das Protokoll bleibt.",
        Words(
            "Create the mail again in your invoicing program and send it from there.",
            "Erstellen Sie die Mail in Ihrem Rechnungsprogramm neu und senden Sie sie von dort.",
        ),
    ),
    "not-uncertain": told(
        "Nothing to decide",
        "Nichts zu entscheiden",
        "The outcome of this message is not unclear.",
        "Der Ausgang dieser Nachricht ist bereits geklärt.",
        CHECK_STATE,
    ),
    "too-large": told(
        "Body too large",
        "Inhalt zu groß",
        "The body is larger than this address reads.",
        "Der Inhalt ist größer, als diese Adresse annimmt.",
        Words(
            "Send large files as multipart/form-data.", "Senden Sie große Dateien als multipart/form-data."
        ),
    ),
    "unsupported-media-type": told(
        "Unsupported media type",
        "Inhaltsformat nicht möglich",
        "The body comes in a form that this address does not read.",
        "Der Inhalt kommt in einem Format, das diese Adresse nicht annimmt.",
        Words(
            "Send application/json in UTF-8 (messages also as multipart/form-data), not compressed.",
            "Senden Sie application/json in UTF-8 (Nachrichten auch als multipart/form-data), unkomprimiert.",
        ),
    ),
    "validation": told(
        "Not valid",
        "Ungültige Anfrage",
        "Something in the request is not valid. Nothing was kept.",
        "Etwas in der Anfrage ist nicht gültig. Es wurde nichts gespeichert.",
        Words("Correct each field that is named.", "Korrigieren Sie jedes genannte Feld."),
    ),
}
