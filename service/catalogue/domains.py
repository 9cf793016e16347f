"""What a check of the sender's domain can find: its SPF, DKIM and DMARC records."""

from service.catalogue.words import Words, told

_ADD = Words(
    "Add the record that is shown at the company that keeps your domain's DNS, then check again.",
    "Tragen Sie den angezeigten Eintrag bei dem Anbieter ein, der das DNS Ihrer Domain führt, und prüfen Sie "
    "erneut.",
)
_REPLACE = Words(
    "Replace your record by the one that is shown, then check again.",
    "Ersetzen Sie Ihren Eintrag durch den angezeigten und prüfen Sie erneut.",
)
_KEEPER = Words(
    "Show the record to whoever keeps your domain's DNS.",
    "Zeigen Sie den Eintrag der Person, die das DNS Ihrer Domain betreut.",
)
_TURN_ON = Words(
    "Let your Google admin turn it on: Admin console › Apps › Google Workspace › Gmail › Authenticate email.",
    "Lassen Sie DKIM von Ihrem Google-Administrator einschalten: Admin-Konsole › Apps › Google Workspace "
    "› Gmail › "
    "E-Mails authentifizieren.",
)

DOMAINS = {
    "spf-missing": told(
        "SPF is missing",
        "SPF fehlt",
        "The domain does not say which servers may send for it. Receivers may take your mail for spam.",
        "Die Domain sagt nicht, welche Server für sie senden dürfen. Empfänger können Ihre Mails für Spam "
        "halten.",
        _ADD,
    ),
    "spf-without-google": told(
        "SPF does not name Google",
        "SPF nennt Google nicht",
        "The domain's SPF record does not let Google send for it.",
        "Der SPF-Eintrag der Domain erlaubt Google nicht, für sie zu senden.",
        _REPLACE,
    ),
    "spf-invalid": told(
        "SPF cannot be evaluated",
        "SPF ist nicht auswertbar",
        "The record has a fault, there is more than one, or it refers to a domain that has none. "
        "Receivers ignore it.",
        "Der Eintrag enthält einen Fehler, es gibt mehrere, oder er verweist auf eine Domain ohne SPF. "
        "Empfänger "
        "ignorieren ihn.",
        _KEEPER,
    ),
    "spf-too-many-look-ups": told(
        "SPF needs too many look-ups",
        "SPF braucht zu viele DNS-Abfragen",
        "Receivers stop after ten look-ups (RFC 7208) and take the whole record for broken.",
        "Empfänger brechen nach zehn Abfragen ab (RFC 7208) und werten den ganzen Eintrag als fehlerhaft.",
        Words(
            "Take out services that no longer send for you (include, a, mx), then check again.",
            "Entfernen Sie Dienste, die nicht mehr für Sie senden (include, a, mx), und prüfen Sie erneut.",
        ),
    ),
    "dkim-missing": told(
        "There is no DKIM key of this name",
        "Unter diesem Namen gibt es keinen DKIM-Schlüssel",
        "Google cannot sign your mail with a key that is not published.",
        "Ohne veröffentlichten Schlüssel können Empfänger die Signatur von Google nicht prüfen.",
        _TURN_ON,
    ),
    "dkim-revoked": told(
        "The DKIM key is revoked",
        "Der DKIM-Schlüssel ist widerrufen",
        "The record is there, but its key is empty.",
        "Der Eintrag ist vorhanden, enthält aber keinen Schlüssel.",
        _TURN_ON,
    ),
    "dkim-not-found": told(
        "DKIM: no key under Google's usual name",
        "DKIM: kein Schlüssel unter Googles üblichem Namen",
        "Either DKIM is off, or your admin has chosen another prefix than “google”.",
        "Entweder ist DKIM ausgeschaltet, oder Ihr Administrator hat ein anderes Präfix als „google“ "
        "gewählt.",
        Words(
            "If there is another prefix, enter it as selector and check again. Else let your Google admin "
            "turn DKIM "
            "on: Admin console › Apps › Google Workspace › Gmail › Authenticate email.",
            "Gibt es ein anderes Präfix, tragen Sie es als Selektor ein und prüfen Sie erneut. Sonst "
            "lassen Sie DKIM "
            "von Ihrem Google-Administrator einschalten: Admin-Konsole › Apps › Google Workspace › Gmail "
            "› E-Mails "
            "authentifizieren.",
        ),
    ),
    "dmarc-missing": told(
        "DMARC is missing",
        "DMARC fehlt",
        "The domain does not say what receivers shall do with forged mail. Large providers expect it of "
        "senders.",
        "Die Domain sagt nicht, was Empfänger mit gefälschten Mails tun sollen. Große Anbieter erwarten "
        "das von "
        "Absendern.",
        _ADD,
    ),
    "dmarc-invalid": told(
        "DMARC cannot be read",
        "DMARC ist nicht lesbar",
        "The record has a fault, or there is more than one. Receivers ignore it.",
        "Der Eintrag enthält einen Fehler, oder es gibt mehrere. Empfänger ignorieren ihn.",
        _KEEPER,
    ),
    "dns-unavailable": told(
        "Not known: the DNS did not answer",
        "Nicht bekannt: Das DNS hat nicht geantwortet",
        "The name servers did not answer in time. That says nothing about your records.",
        "Die Nameserver haben nicht rechtzeitig geantwortet. Über Ihre Einträge sagt das nichts.",
        Words("Check again in a minute.", "Prüfen Sie in einer Minute erneut."),
    ),
}
