"""What the operator or a Workspace admin must set up or mend, so that a way of sending works."""

from service.catalogue.steps import NOTHING, OPERATOR
from service.catalogue.words import Words, told

_DELEGATION = Words(
    "Let your Google admin check the entry: Admin console › Security › Access and data control › API "
    "controls "
    "› Domain-wide delegation.",
    "Lassen Sie den Eintrag von Ihrem Google-Administrator prüfen: Admin-Konsole › Sicherheit › "
    "Zugriffs- und "
    "Datenkontrolle › API-Steuerung › Domainweite Delegierung.",
)

SETUP = {
    "gmail-api-disabled": told(
        "The Gmail API is off",
        "Die Gmail-API ist ausgeschaltet",
        "The Gmail API is off in the operator's Google Cloud project.",
        "Die Gmail-API ist im Google-Cloud-Projekt des Betreibers ausgeschaltet.",
        Words(
            "Let the operator switch it on: Google Cloud console › APIs & Services › Library › Gmail API.",
            "Lassen Sie sie vom Betreiber einschalten: Google-Cloud-Konsole › APIs & Dienste › Bibliothek › "
            "Gmail API.",
        ),
    ),
    "project-quota-reached": told(
        "The operator's Google project is used up for today",
        "Das Google-Projekt des Betreibers ist für heute ausgeschöpft",
        "Google takes no more calls of this project today. We go on by ourselves.",
        "Google nimmt von diesem Projekt heute keine Aufrufe mehr an. Wir machen von selbst weiter.",
        Words(
            "If it happens often, let the operator ask Google for a higher quota.",
            "Kommt das öfter vor, lassen Sie den Betreiber bei Google ein höheres Kontingent beantragen.",
        ),
    ),
    "oauth-client-invalid": told(
        "The operator's Google client is not accepted",
        "Google akzeptiert den Client des Betreibers nicht",
        "The operator's Google client is wrong or deleted. Your connection is fine.",
        "Der Google-Client des Betreibers ist falsch oder gelöscht. Ihre Verbindung ist in Ordnung.",
        OPERATOR,
    ),
    "app-blocked-by-admin": told(
        "Your company's Google admin blocks this app",
        "Ihr Google-Administrator sperrt diese App",
        "Your company's Google admin must allow this app.",
        "Ihr Google-Administrator muss diese App zulassen.",
        Words(
            "Ask your admin to allow it: Admin console › Security › Access and data control › API controls "
            "› Manage app access.",
            "Bitten Sie Ihren Administrator, sie zuzulassen: Admin-Konsole › Sicherheit › Zugriffs- und "
            "Datenkontrolle › API-Steuerung › App-Zugriff verwalten.",
        ),
    ),
    "account-not-allowed": told(
        "This account does not belong to the organisation",
        "Dieses Konto gehört nicht zur Organisation",
        "The operator's Google app is only for accounts of one organisation.",
        "Die Google-App des Betreibers ist nur für Konten einer bestimmten Organisation freigegeben.",
        Words(
            "Connect again and take your company account.",
            "Verbinden Sie erneut, und zwar mit Ihrem Firmenkonto.",
        ),
    ),
    "delegation-denied": told(
        "Delegation is not active",
        "Die Delegierung ist nicht aktiv",
        "Delegation is not (yet) active for this client ID and scope. Google may need up to 24 hours.",
        "Die Delegierung für diese Client-ID und diesen Bereich ist (noch) nicht aktiv. "
        "Google braucht dafür bis zu 24 Stunden.",
        _DELEGATION,
    ),
    "delegation-entry-wrong": told(
        "The delegation's entry does not fit",
        "Der Eintrag der Delegierung passt nicht",
        "Google finds no entry with this client ID and this scope, and does not say which of the two is at "
        "fault. Often the scope is missing, or the address of the service account was entered.",
        "Google findet keinen Eintrag mit dieser Client-ID und diesem Bereich und sagt nicht, woran von "
        "beidem es liegt. Oft fehlt der Bereich, oder eingetragen ist die Adresse des Dienstkontos.",
        Words(
            "Let your Google admin compare both with what is shown here: the numeric client ID, and the "
            "whole scope.",
            "Lassen Sie Ihren Google-Administrator beides mit dem vergleichen, was hier steht: die "
            "numerische Client-ID und den vollständigen Bereich.",
        ),
    ),
    "delegation-scope-missing": told(
        "The delegation lacks a right",
        "Der Delegierung fehlt ein Recht",
        "A scope that we need is not in the delegation, or Gmail is restricted for apps.",
        "Ein Bereich, den wir brauchen, fehlt in der Delegierung, oder Gmail ist für Apps eingeschränkt.",
        _DELEGATION,
    ),
    "delegation-scope-invalid": told(
        "Google does not know a scope of the delegation",
        "Google kennt einen Bereich der Delegierung nicht",
        "A scope that was asked for is empty or misspelt.",
        "Ein angefragter Bereich ist leer oder falsch geschrieben.",
        OPERATOR,
    ),
    "delegation-user-unknown": told(
        "Google does not know this user",
        "Google kennt diesen Nutzer nicht",
        "The delegation cannot act for this address: it is no user of the organisation.",
        "Die Delegierung kann für diese Adresse nicht handeln: Sie ist kein Nutzer der Organisation.",
        Words(
            "Enter the main address of a Workspace user, no group and no alias.",
            "Tragen Sie die Hauptadresse eines Workspace-Nutzers ein, keine Gruppe und keinen Alias.",
        ),
    ),
    "delegation-key-invalid": told(
        "The service account's key is not valid",
        "Der Schlüssel des Dienstkontos ist ungültig",
        "The key was deleted, disabled or has expired, or it belongs to another service account.",
        "Der Schlüssel wurde gelöscht, deaktiviert oder ist abgelaufen, oder er gehört zu einem anderen "
        "Dienstkonto.",
        Words(
            "Make a new key for the service account in the Google Cloud console and upload it here.",
            "Erstellen Sie in der Google-Cloud-Konsole einen neuen Schlüssel für das Dienstkonto und laden "
            "Sie "
            "ihn hier hoch.",
        ),
    ),
    "delegation-client-invalid": told(
        "The service account is not usable",
        "Das Dienstkonto ist nicht verwendbar",
        "The service account was deleted or disabled at Google.",
        "Das Dienstkonto wurde bei Google gelöscht oder deaktiviert.",
        Words(
            "Let the operator restore the service account in the Google Cloud console.",
            "Lassen Sie das Dienstkonto vom Betreiber in der Google-Cloud-Konsole wiederherstellen.",
        ),
    ),
    "clock-skew": told(
        "This server's clock is wrong",
        "Die Uhr dieses Servers geht falsch",
        "Google takes what we sign for expired or not yet valid. The mail waits.",
        "Google hält unsere Signaturen für abgelaufen oder noch nicht gültig. Die Mail wartet.",
        Words(
            "Let the operator set the server's clock by NTP.",
            "Lassen Sie den Betreiber die Uhr des Servers per NTP stellen.",
        ),
    ),
    "relay-denied": told(
        "The relay does not know us",
        "Das Relay kennt uns nicht",
        "The IP address of this server or the sender's domain is not registered for the SMTP relay.",
        "Die IP-Adresse dieses Servers oder die Domain des Absenders ist für das SMTP-Relay nicht "
        "eingetragen.",
        Words(
            "Let your Google admin enter this server's IP addresses (IPv4 and IPv6): Apps › Google Workspace "
            "› Gmail › Routing › SMTP relay service.",
            "Lassen Sie Ihren Google-Administrator die IP-Adressen dieses Servers (IPv4 und IPv6) eintragen: "
            "Apps › Google Workspace › Gmail › Routing › SMTP-Relay-Dienst.",
        ),
    ),
    "relay-limit-reached": told(
        "The relay's limit is reached",
        "Das Limit des Relays ist erreicht",
        "The SMTP relay takes no more mail of this user or company for now. We go on by ourselves.",
        "Das SMTP-Relay nimmt von diesem Nutzer oder Unternehmen vorerst keine Mails mehr an. "
        "Wir machen von selbst weiter.",
        NOTHING,
    ),
    "sender-not-authenticated": told(
        "The sender's domain is not set up for mail",
        "Die Domain des Absenders ist nicht für Mails eingerichtet",
        "SPF, DKIM, DMARC or the server's host name (PTR) do not fit the sender's address.",
        "SPF, DKIM, DMARC oder der Hostname des Servers (PTR) passen nicht zur Adresse des Absenders.",
        Words(
            "Let whoever keeps the domain's DNS set up SPF, DKIM and DMARC for it.",
            "Lassen Sie SPF, DKIM und DMARC von der Person einrichten, die das DNS der Domain betreut.",
        ),
    ),
    "ehlo-refused": told(
        "The mail server does not take our name",
        "Der Mailserver akzeptiert unseren Namen nicht",
        "The server refuses the name by which we introduce ourselves (EHLO), or it throttles our IP address.",
        "Der Server lehnt den Namen ab, mit dem wir uns vorstellen (EHLO), oder er bremst unsere IP-Adresse.",
        Words(
            "Let the operator set a full host name of the own domain as EHLO name.",
            "Lassen Sie den Betreiber einen vollständigen Hostnamen der eigenen Domain als EHLO-Namen "
            "setzen.",
        ),
    ),
    "server-refused": told(
        "The mail server does not let us in",
        "Der Mailserver lässt uns nicht herein",
        "It refused us before the mail was named. The mail waits.",
        "Er hat uns abgewiesen, bevor es um die Mail ging. Die Mail wartet.",
        OPERATOR,
    ),
    "server-settings": told(
        "Encryption or login are not set as the mail server wants them",
        "Verschlüsselung oder Anmeldung sind nicht so eingestellt, wie der Mailserver es verlangt",
        "The server demands encryption or a login first. Nothing was sent.",
        "Der Server verlangt zuerst Verschlüsselung oder eine Anmeldung. Es wurde nichts gesendet.",
        Words(
            "Check encryption, port, user name and password of this way of sending.",
            "Prüfen Sie Verschlüsselung, Port, Benutzernamen und Passwort dieses Versandwegs.",
        ),
    ),
    "mail-server-unknown": told(
        "There is no mail server of this name",
        "Einen Mailserver mit diesem Namen gibt es nicht",
        "The server's name has no address in the DNS.",
        "Zum Namen des Servers gibt es im DNS keine Adresse.",
        Words(
            "Check the spelling of the server's name, such as smtp.example.com.",
            "Prüfen Sie die Schreibweise des Servernamens, zum Beispiel smtp.example.com.",
        ),
    ),
    "tls-failed": told(
        "The encryption to the mail server does not hold",
        "Die Verschlüsselung zum Mailserver ist nicht sicher",
        "The server offers no TLS, or its certificate is not valid for its name. Nothing was sent.",
        "Der Server bietet kein TLS an, oder sein Zertifikat gilt nicht für seinen Namen. "
        "Es wurde nichts gesendet.",
        Words(
            "Check the server's name and port; then let whoever runs the mail server renew its certificate.",
            "Prüfen Sie Name und Port des Servers; lassen Sie dann das Zertifikat vom Betreiber des "
            "Mailservers "
            "erneuern.",
        ),
    ),
}
