"""What an admin enters for domain-wide delegation, and what is told about it beside Google's refusals."""

from service.catalogue.steps import OPERATOR
from service.catalogue.words import Words, told

ADMIN_PATH = Words(
    "Admin console › Security › Access and data control › API controls › Domain-wide delegation › "
    "Manage › Add new",
    "Admin-Konsole › Sicherheit › Zugriffs- und Datenkontrolle › API-Steuerung › Domainweite Delegierung › "
    "Verwalten › Neu hinzufügen",
)
"""Where a super admin pastes the client ID and the scopes."""

DELEGATION = {
    "delegation-keyless-denied": told(
        "No key-less access to the service account",
        "Kein schlüsselloser Zugriff auf das Dienstkonto",
        "This service may not sign for the service account: the operator has not allowed it for this "
        "company, or the role Service Account Token Creator is missing at Google Cloud.",
        "Dieser Dienst darf für das Dienstkonto nicht signieren: Der Betreiber hat es für dieses Unternehmen "
        "nicht freigegeben, oder in Google Cloud fehlt die Rolle „Ersteller von Dienstkonto-Tokens“.",
        OPERATOR,
    ),
    "key-file-invalid": told(
        "This is not a usable key file",
        "Diese Schlüsseldatei ist nicht verwendbar",
        "Only the JSON key file of a service account is taken, as Google's console downloads it.",
        "Verwendbar ist nur die JSON-Schlüsseldatei eines Dienstkontos, wie Googles Konsole sie anbietet.",
        Words(
            "Make a JSON key for the service account in the Google Cloud console and use the file as it is.",
            "Erstellen Sie in der Google-Cloud-Konsole einen JSON-Schlüssel für das Dienstkonto, und "
            "verwenden Sie die Datei unverändert.",
        ),
    ),
    "sender-removed": told(
        "This sender was removed",
        "Dieser Absender wurde entfernt",
        "An admin took this address from the delegation's list of senders. Its mail waits.",
        "Diese Adresse wurde aus der Absenderliste der Delegierung entfernt. Ihre Mails warten.",
        Words(
            "Put the address on the list again, or connect the mailbox in another way.",
            "Nehmen Sie die Adresse wieder in die Liste auf, oder verbinden Sie das Postfach anders.",
        ),
    ),
    "mailbox-not-checked": told(
        "The mailbox was not looked at",
        "Das Postfach wurde nicht geprüft",
        "The right to send does not let us look whether this user has a mailbox.",
        "Mit dem Recht zum Senden allein lässt sich nicht feststellen, ob dieser Nutzer ein Postfach hat.",
        Words("Send a test mail to be sure.", "Senden Sie zur Sicherheit eine Testmail."),
    ),
}
