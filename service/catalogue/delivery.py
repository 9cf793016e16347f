"""What can become of a mail: refusals of the message and of its recipients, and answers that say little."""

from service.catalogue.steps import CORRECT_ADDRESS, CORRECT_MAIL, NOTHING, OPERATOR
from service.catalogue.words import Words, told

_LOOK_INTO_SENT = Words(
    "Please look into “Sent” in Gmail before you send again.",
    "Sehen Sie bitte in Gmail unter „Gesendet“ nach, bevor Sie erneut senden.",
)
# The next step of ``answer-lost`` where the way of the mail is known.
LOST_BY_WAY = {
    "gmail_api": _LOOK_INTO_SENT,
    "smtp_xoauth2": _LOOK_INTO_SENT,
    "delegation": _LOOK_INTO_SENT,
    "delegation_xoauth2": _LOOK_INTO_SENT,
    "app_password": _LOOK_INTO_SENT,
    "relay": Words(
        "Before you send again, ask the recipient, or your Google admin to look into the email log search: "
        "the relay leaves no copy under “Sent”.",
        "Fragen Sie vor dem erneuten Senden den Empfänger, oder bitten Sie Ihren Google-Administrator, in "
        "der E-Mail-Protokollsuche nachzusehen: Das Relay legt keine Kopie unter „Gesendet“ ab.",
    ),
    "smtp_server": Words(
        "Please ask the recipient before you send again: most mail servers leave no copy under “Sent”.",
        "Fragen Sie bitte den Empfänger, bevor Sie erneut senden: Die meisten Mailserver legen keine Kopie "
        "unter „Gesendet“ ab.",
    ),
}

DELIVERY = {
    "answer-lost": told(
        "The answer was lost",
        "Die Antwort ging verloren",
        "The connection broke while sending. Nobody can know whether the mail was taken.",
        "Die Verbindung brach beim Senden ab. Niemand kann wissen, ob die Mail angenommen wurde.",
        Words(
            "Before you send again, find out whether the mail went out: in Gmail under “Sent”, with another "
            "mail server from the recipient.",
            "Klären Sie vor dem erneuten Senden, ob die Mail hinausging: in Gmail unter „Gesendet“, bei "
            "einem anderen Mailserver durch Nachfrage beim Empfänger.",
        ),
    ),
    "answer-unknown": told(
        "An answer that nobody knows yet",
        "Unbekannte Antwort",
        "The mail service refused this try for a reason that we do not know. The mail was not sent.",
        "Der Maildienst hat diesen Versuch aus einem Grund abgelehnt, den wir nicht kennen. "
        "Die Mail wurde nicht gesendet.",
        Words(
            "We try again by ourselves. If it stays so, show the operator the raw reply in the timeline.",
            "Wir versuchen es von selbst erneut. Bleibt es dabei, zeigen Sie dem Betreiber die "
            "Originalantwort im Verlauf.",
        ),
    ),
    "provider-unavailable": told(
        "The mail service does not answer right now",
        "Der Maildienst antwortet gerade nicht",
        "Google or your mail server cannot be reached or asks for patience. We try again by ourselves.",
        "Google oder Ihr Mailserver ist nicht erreichbar oder bittet um Geduld. "
        "Wir versuchen es von selbst erneut.",
        NOTHING,
    ),
    "try-later": told(
        "The mail service asks us to try later",
        "Der Maildienst bittet um einen späteren Versuch",
        "It did not take the mail for now. We try again by ourselves.",
        "Er hat die Mail vorerst nicht angenommen. Wir versuchen es von selbst erneut.",
        NOTHING,
    ),
    "message-refused": told(
        "The mail was refused",
        "Die Mail wurde abgelehnt",
        "The mail service does not take this mail as it is. It was not sent.",
        "Der Maildienst nimmt diese Mail so nicht an. Sie wurde nicht gesendet.",
        CORRECT_MAIL,
    ),
    "message-malformed": told(
        "The form of the mail was refused",
        "Die Form der Mail wurde abgelehnt",
        "The mail service does not take the mail's header fields or its structure. It was not sent.",
        "Der Maildienst akzeptiert die Kopfzeilen oder den Aufbau der Mail nicht. Sie wurde nicht gesendet.",
        Words(
            "Leave out header fields of your own and send again; if it stays so, tell the operator.",
            "Lassen Sie eigene Kopfzeilen weg und senden Sie erneut; bleibt es dabei, informieren Sie "
            "den Betreiber.",
        ),
    ),
    "message-suspicious": told(
        "The mail was taken for spam",
        "Die Mail wurde für Spam gehalten",
        "The mail service blocks it because of its content, its links or the sender's reputation.",
        "Der Maildienst sperrt sie wegen ihres Inhalts, ihrer Links oder des Rufs des Absenders.",
        Words(
            "Simplify text and links and send again; if it happens to many mails, ask your Google admin.",
            "Vereinfachen Sie Text und Links und senden Sie erneut; trifft es viele Mails, fragen Sie "
            "Ihren Google-Administrator.",
        ),
    ),
    "message-repeated": told(
        "The same mail came too often",
        "Dieselbe Mail kam zu oft",
        "Google has seen this very mail too many times and takes it no more. This try was not sent.",
        "Google hat genau diese Mail zu oft erhalten und nimmt sie nicht mehr an. "
        "Dieser Versuch wurde nicht gesendet.",
        Words(
            "Look into “Sent” in Gmail; if it is missing there, send it as a new message.",
            "Sehen Sie in Gmail unter „Gesendet“ nach; fehlt sie dort, senden Sie sie als neue Nachricht.",
        ),
    ),
    "blocked-by-policy": told(
        "A rule of an organisation blocks the mail",
        "Eine Regel einer Organisation sperrt die Mail",
        "The Google admin of your company or of the recipient forbids mail such as this one.",
        "Der Google-Administrator Ihres Unternehmens oder des Empfängers verbietet Mails wie diese.",
        Words(
            "Ask your Google admin which compliance rule applies.",
            "Fragen Sie Ihren Google-Administrator, welche Compliance-Regel greift.",
        ),
    ),
    "mail-loop": told(
        "The mail runs in circles",
        "Die Mail läuft im Kreis",
        "It passed through more than 50 servers: somewhere a forwarding leads back to where it came from.",
        "Sie lief über mehr als 50 Server: Irgendwo führt eine Weiterleitung zum Ausgangspunkt zurück.",
        Words(
            "Ask the recipient or the recipient's admin to check the forwarding.",
            "Bitten Sie den Empfänger oder dessen Administrator, die Weiterleitung zu prüfen.",
        ),
    ),
    "message-too-large": told(
        "The message is too large",
        "Die Nachricht ist zu groß",
        "With its attachments it is larger than can be sent (with Google 25 MB).",
        "Mit ihren Anhängen ist sie größer, als versendet werden kann (bei Google 25 MB).",
        Words(
            "Make the attachments smaller and send the mail again.",
            "Verkleinern Sie die Anhänge und senden Sie die Mail erneut.",
        ),
    ),
    "attachment-type-blocked": told(
        "Attachment type blocked",
        "Anhangstyp gesperrt",
        "Gmail does not take files of this type, also not in a ZIP archive.",
        "Gmail nimmt Dateien dieses Typs nicht an, auch nicht in einem ZIP-Archiv.",
        Words(
            "Send the file in another form, such as PDF.",
            "Senden Sie die Datei in einer anderen Form, zum Beispiel als PDF.",
        ),
    ),
    "sender-not-allowed": told(
        "This sender is not allowed",
        "Dieser Absender ist nicht erlaubt",
        "The sender is not an address of this account.",
        "Der Absender gehört nicht zu diesem Konto.",
        Words(
            "Send from the connection's own address, or connect the mailbox of this address.",
            "Senden Sie mit der Adresse der Verbindung, oder verbinden Sie das Postfach dieser Adresse.",
        ),
    ),
    "invalid-address": told(
        "This is not an email address",
        "Das ist keine E-Mail-Adresse",
        "The address cannot be used as it was given.",
        "Die Adresse ist so, wie sie angegeben wurde, nicht verwendbar.",
        Words(
            "Correct the address, such as name@example.com or Name <name@example.com>.",
            "Korrigieren Sie die Adresse, zum Beispiel name@example.com oder Name <name@example.com>.",
        ),
    ),
    "recipient-unknown": told(
        "This address does not exist",
        "Diese Adresse gibt es nicht",
        "The recipient's mail server knows no such mailbox.",
        "Der Mailserver des Empfängers kennt kein solches Postfach.",
        CORRECT_ADDRESS,
    ),
    "recipient-inactive": told(
        "This mailbox is switched off",
        "Dieses Postfach ist abgeschaltet",
        "The recipient's account is disabled or unused and takes no mail.",
        "Das Konto des Empfängers ist deaktiviert oder ungenutzt und nimmt keine Mails an.",
        CORRECT_ADDRESS,
    ),
    "recipient-domain-unknown": told(
        "This domain takes no mail",
        "Diese Domain nimmt keine Mails an",
        "The part behind the @ does not exist or has no mail server.",
        "Den Teil hinter dem @ gibt es nicht, oder er hat keinen Mailserver.",
        CORRECT_ADDRESS,
    ),
    "recipient-full": told(
        "The recipient's mailbox is full",
        "Das Postfach des Empfängers ist voll",
        "There is no room for the mail. While it waits here, we try again by ourselves.",
        "Für die Mail ist kein Platz. Solange sie hier wartet, versuchen wir es von selbst erneut.",
        Words("Ask the recipient to make room.", "Bitten Sie den Empfänger, Platz zu schaffen."),
    ),
    "recipient-busy": told(
        "The recipient gets too much mail right now",
        "Der Empfänger bekommt gerade zu viele Mails",
        "The recipient's mail server takes no more mail for this mailbox for now. We try again every hour.",
        "Der Mailserver des Empfängers nimmt für dieses Postfach vorerst keine Mails mehr an. "
        "Wir versuchen es stündlich erneut.",
        NOTHING,
    ),
    "recipient-refused": told(
        "The recipient was refused",
        "Der Empfänger wurde abgelehnt",
        "The mail server does not take mail for this address. This recipient did not get it.",
        "Der Mailserver nimmt für diese Adresse keine Mail an. Dieser Empfänger hat sie nicht bekommen.",
        CORRECT_ADDRESS,
    ),
    "too-many-recipients": told(
        "Too many recipients at once",
        "Zu viele Empfänger auf einmal",
        "The mail server does not take so many recipients in one go. The others get it in a further one.",
        "Der Mailserver nimmt so viele Empfänger nicht auf einmal an. "
        "Die übrigen bekommen die Mail in einem weiteren Durchgang.",
        NOTHING,
    ),
    "envelope-needed": told(
        "This way cannot reach the remaining recipients alone",
        "Dieser Weg erreicht die übrigen Empfänger nicht allein",
        "Some recipients have the mail already; the Gmail API would send it to them again.",
        "Einige Empfänger haben die Mail schon; die Gmail-API würde sie ihnen noch einmal senden.",
        Words(
            "Add a way over SMTP to the connection, or send the mail to the remaining recipients anew.",
            "Fügen Sie der Verbindung einen Weg über SMTP hinzu, oder senden Sie die Mail den übrigen "
            "Empfängern neu.",
        ),
    ),
    "protocol-fault": told(
        "The mail server and we do not understand each other",
        "Verständigungsproblem mit dem Mailserver",
        "The server took a command of ours for wrong: a fault in this software, or a server of its own kind.",
        "Der Server hält einen unserer Befehle für falsch: ein Fehler in dieser Software oder ein "
        "eigenwilliger "
        "Server.",
        OPERATOR,
    ),
}
