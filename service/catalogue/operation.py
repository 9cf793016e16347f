"""What is wrong with this service itself."""

from service.catalogue.steps import NOTHING, OPERATOR, REPEAT
from service.catalogue.words import Words, told

INTERNAL = "internal"

OPERATION = {
    INTERNAL: told(
        "Something went wrong",
        "Etwas ist schiefgegangen",
        "The service could not do this. No mail that was accepted is lost.",
        "Der Dienst konnte das nicht ausführen. Keine angenommene Mail geht verloren.",
        Words(
            "Repeat it, in the API with the same Idempotency-Key; if it stays so, tell the operator.",
            "Wiederholen Sie es, in der API mit demselben Idempotency-Key; bleibt es dabei, informieren Sie "
            "den "
            "Betreiber.",
        ),
    ),
    "checks-busy": told(
        "Another check is still running",
        "Es läuft noch eine andere Prüfung",
        "Checks that ask other servers run one at a time for each company, and only a few of them at once. "
        "Nothing was changed.",
        "Prüfungen, die andere Server befragen, laufen für jedes Unternehmen nur einzeln und insgesamt nur "
        "wenige zugleich. Es wurde nichts geändert.",
        Words("Try again in a moment.", "Versuchen Sie es gleich noch einmal."),
    ),
    "unavailable": told(
        "The service cannot work right now",
        "Der Dienst kann gerade nicht arbeiten",
        "The database does not answer. Nothing was changed.",
        "Die Datenbank antwortet nicht. Es wurde nichts geändert.",
        REPEAT,
    ),
    "storage-full": told(
        "The disk is full",
        "Der Speicher ist voll",
        "There is no room for another message. Nothing was kept.",
        "Für eine weitere Nachricht ist kein Platz. Es wurde nichts gespeichert.",
        Words(
            "Let the operator make room, then repeat it.",
            "Lassen Sie den Betreiber Platz schaffen und wiederholen Sie es dann.",
        ),
    ),
    "key-unavailable": told(
        "The content cannot be opened",
        "Der Inhalt lässt sich nicht öffnen",
        "The key that seals the content is missing or is another one. Nothing is lost.",
        "Der Schlüssel, mit dem der Inhalt versiegelt ist, fehlt oder ist ein anderer. Nichts ist verloren.",
        OPERATOR,
    ),
    "lease-lost": told(
        "Another worker has the message",
        "Ein anderer Worker hat die Nachricht",
        "This try was given up because another worker took the message over.",
        "Dieser Versuch wurde aufgegeben, weil ein anderer Worker die Nachricht übernommen hat.",
        NOTHING,
    ),
    "configuration": told(
        "The settings are not valid",
        "Die Einstellungen sind nicht gültig",
        "The service does not start with these settings.",
        "Mit diesen Einstellungen startet der Dienst nicht.",
        Words(
            "Correct each setting that the start-up names.",
            "Korrigieren Sie jede Einstellung, die beim Start genannt wird.",
        ),
    ),
}
