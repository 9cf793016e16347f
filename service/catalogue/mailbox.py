"""What holds a whole mailbox: limits that pass, and what only its owner can mend."""

from service.catalogue.steps import CONNECT, NOTHING
from service.catalogue.words import Words, told

MAILBOX = {
    "quota-reached": told(
        "Google's limit is reached",
        "Das Limit von Google ist erreicht",
        "Google takes no more mail from this mailbox for now. We go on by ourselves.",
        "Google nimmt von diesem Postfach vorerst keine Mails mehr an. Wir machen von selbst weiter.",
        NOTHING,
    ),
    "rate-limited": told(
        "Google asks for a slower pace",
        "Google bittet um ein langsameres Tempo",
        "Too many mails in a short time. We go on by ourselves.",
        "Zu viele Mails in kurzer Zeit. Wir machen von selbst weiter.",
        NOTHING,
    ),
    "reputation-low": told(
        "Google distrusts this sender for now",
        "Google misstraut diesem Absender vorerst",
        "An unusual rate of mail was seen, or the domain or IP address has a bad name. We probe every hour.",
        "Es kamen ungewöhnlich viele Mails, oder Domain oder IP-Adresse haben einen schlechten Ruf. "
        "Wir fragen stündlich nach.",
        Words(
            "Send less for a while, and let your admin check the domain's reputation at Google.",
            "Senden Sie eine Weile weniger, und lassen Sie Ihren Administrator den Ruf der Domain "
            "bei Google prüfen.",
        ),
    ),
    "mailbox-full": told(
        "Your mailbox is full",
        "Ihr Postfach ist voll",
        "The Google account has no storage left, so it cannot send either. The mail waits.",
        "Im Google-Konto ist kein Speicher mehr frei, deshalb kann es auch nicht senden. Die Mail wartet.",
        Words(
            "Make room in the Google account; we go on within the hour.",
            "Schaffen Sie Platz im Google-Konto; wir machen innerhalb einer Stunde weiter.",
        ),
    ),
    "sender-suspended": told(
        "This account may not send",
        "Dieses Konto darf nicht senden",
        "Google has suspended the account, or it does not belong to the organisation. The mail waits.",
        "Google hat das Konto gesperrt, oder es gehört nicht zur Organisation. Die Mail wartet.",
        Words(
            "Let your Google admin check the account.",
            "Lassen Sie das Konto von Ihrem Google-Administrator prüfen.",
        ),
    ),
    "connection-revoked": told(
        "Google no longer accepts our access",
        "Google akzeptiert unseren Zugang nicht mehr",
        "The access was removed, the password was changed, or it expired. No mail is lost: it waits.",
        "Der Zugang wurde entfernt, das Passwort geändert oder der Zugang ist abgelaufen. "
        "Keine Mail geht verloren; alle warten hier.",
        CONNECT,
    ),
    "session-control": told(
        "Your company demands a fresh sign-in",
        "Ihr Unternehmen verlangt eine neue Anmeldung",
        "Google ended our access because of your company's session control. No mail is lost: it waits.",
        "Google hat unseren Zugang wegen der Sitzungssteuerung Ihres Unternehmens beendet. "
        "Keine Mail geht verloren; alle warten hier.",
        Words(
            "Connect the account again, and ask your Google admin to exempt this app from session control.",
            "Verbinden Sie das Konto erneut, und bitten Sie Ihren Google-Administrator, diese App von der "
            "Sitzungssteuerung auszunehmen.",
        ),
    ),
    "scope-missing": told(
        "Permission missing",
        "Berechtigung fehlt",
        "The box for sending was not ticked at Google, so we may not send.",
        "Bei Google fehlte der Haken für das Senden; ohne ihn dürfen wir nichts versenden.",
        Words(
            "Connect the account again and tick the box “Send email on your behalf”.",
            "Verbinden Sie das Konto erneut und setzen Sie den Haken bei „E-Mails in Ihrem Namen senden“.",
        ),
    ),
    "connection-disconnected": told(
        "This mailbox is disconnected",
        "Dieses Postfach ist getrennt",
        "The access was deleted. Its waiting mail stays on hold.",
        "Der Zugang wurde gelöscht. Wartende Mails bleiben angehalten.",
        CONNECT,
    ),
    "gmail-not-enabled": told(
        "This account has no Gmail mailbox",
        "Dieses Konto hat kein Gmail-Postfach",
        "Gmail is not switched on for this Google account.",
        "Gmail ist für dieses Google-Konto nicht eingeschaltet.",
        Words(
            "Let your Google admin switch Gmail on, or connect another account.",
            "Bitten Sie Ihren Google-Administrator, Gmail einzuschalten, oder verbinden Sie ein anderes "
            "Konto.",
        ),
    ),
    "app-password-rejected": told(
        "Google refused the app password",
        "Google lehnt das App-Passwort ab",
        "It was mistyped, belongs to another address, was deleted, or the account's password was changed "
        "since. Mail that waits is kept.",
        "Es wurde falsch eingegeben, gehört zu einer anderen Adresse, wurde gelöscht, oder das Passwort des "
        "Kontos wurde seitdem geändert. Wartende Mails bleiben erhalten.",
        Words(
            "Look whether the address is right and enter the 16 letters once more. If that does not help, "
            "make a new app password at myaccount.google.com/apppasswords.",
            "Prüfen Sie die Adresse, und geben Sie die 16 Buchstaben noch einmal ein. Hilft das nicht, "
            "erstellen Sie unter myaccount.google.com/apppasswords ein neues App-Passwort.",
        ),
    ),
    "app-password-needed": told(
        "Google wants an app password",
        "Google verlangt ein App-Passwort",
        "The normal password of a Google account with 2-Step Verification does not work here.",
        "Das normale Passwort eines Google-Kontos mit 2-Faktor-Authentifizierung („Bestätigung in zwei "
        "Schritten“) gilt hier nicht.",
        Words(
            "Make an app password at myaccount.google.com/apppasswords and enter it here.",
            "Erstellen Sie unter myaccount.google.com/apppasswords ein App-Passwort und tragen Sie es hier "
            "ein.",
        ),
    ),
    "web-login-needed": told(
        "Google wants to see you in the browser",
        "Google verlangt eine Anmeldung im Browser",
        "Google blocked this sign-in as unusual. No mail is lost: it waits.",
        "Google hat diese Anmeldung als ungewöhnlich gesperrt. Keine Mail geht verloren; alle warten hier.",
        Words(
            "Sign in to this account in a browser, confirm Google's security alert, then try again here.",
            "Melden Sie sich mit diesem Konto im Browser an, bestätigen Sie den Sicherheitshinweis von "
            "Google "
            "und versuchen Sie es hier erneut.",
        ),
    ),
    "login-rejected": told(
        "The mail server refused the login",
        "Der Mailserver lehnt die Anmeldung ab",
        "User name or password is wrong or no longer valid. Mail that waits is kept.",
        "Benutzername oder Passwort ist falsch oder nicht mehr gültig. Wartende Mails bleiben erhalten.",
        Words(
            "Enter user name and password of the mail server again.",
            "Tragen Sie Benutzernamen und Passwort des Mailservers neu ein.",
        ),
    ),
    "login-throttled": told(
        "Google takes no sign-ins for a while",
        "Google nimmt eine Weile keine Anmeldungen an",
        "There were too many sign-ins, or Google has a trouble of its own. The password is not in question.",
        "Es gab zu viele Anmeldungen, oder Google hat selbst eine Störung. Am Passwort liegt es nicht.",
        NOTHING,
    ),
}
