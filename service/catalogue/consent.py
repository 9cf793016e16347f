"""What can go wrong while a mailbox is connected or somebody signs in."""

from service.catalogue.words import Words, told

_RELOAD = Words(
    "Go back, load the page again and repeat.",
    "Gehen Sie zurück, laden Sie die Seite neu und wiederholen Sie den Schritt.",
)

CONSENT = {
    "oauth-denied": told(
        "Cancelled at Google",
        "Bei Google abgebrochen",
        "You cancelled at Google. Nothing was changed.",
        "Sie haben bei Google abgebrochen. Es wurde nichts geändert.",
        Words(
            "Begin again when you are ready. If it was Google that refused (“Access blocked”), tell the "
            "operator: they must add you as test user.",
            "Beginnen Sie erneut, wenn Sie so weit sind. Hat Google abgelehnt („Zugriff blockiert“), sagen "
            "Sie es dem Betreiber: Er muss Sie als Testnutzer eintragen.",
        ),
    ),
    "oauth-refused": told(
        "Google did not give the access",
        "Google hat den Zugang nicht erteilt",
        "Google refused for a reason of its own. Nothing was changed.",
        "Google hat aus einem eigenen Grund abgelehnt. Es wurde nichts geändert.",
        Words(
            "Try again. If it stays so, tell the operator and name the code.",
            "Versuchen Sie es erneut. Bleibt es dabei, informieren Sie den Betreiber und nennen Sie ihm den "
            "Code.",
        ),
    ),
    "google-unavailable": told(
        "Google does not answer right now",
        "Google antwortet gerade nicht",
        "Google could not finish this step. Nothing was changed.",
        "Google konnte diesen Schritt nicht abschließen. Es wurde nichts geändert.",
        Words("Try again in a few minutes.", "Versuchen Sie es in einigen Minuten erneut."),
    ),
    "oauth-setup-wrong": told(
        "The operator's Google project is not set up completely",
        "Das Google-Projekt des Betreibers ist nicht vollständig eingerichtet",
        "Google does not know this service's redirect address or one of the rights that it asks for.",
        "Google kennt die Weiterleitungsadresse dieses Dienstes oder eines der erbetenen Rechte nicht.",
        Words(
            "Let the operator register the redirect address and the scopes in the Google Cloud console, "
            "exactly "
            "as set here.",
            "Lassen Sie den Betreiber Weiterleitungsadresse und Bereiche in der Google-Cloud-Konsole genau "
            "so "
            "eintragen, wie sie hier eingestellt sind.",
        ),
    ),
    "oauth-state-invalid": told(
        "This attempt is no longer valid",
        "Dieser Vorgang ist nicht mehr gültig",
        "It was begun in another browser, was already used, or took longer than ten minutes.",
        "Er wurde in einem anderen Browser begonnen, schon einmal verwendet oder hat länger als zehn Minuten "
        "gedauert.",
        Words(
            "If you had confirmed already, your mailbox is connected and nothing is left to do. Otherwise "
            "begin again, in this browser.",
            "Hatten Sie schon bestätigt, ist Ihr Postfach verbunden, und es ist nichts weiter zu tun. Sonst "
            "beginnen Sie erneut in diesem Browser.",
        ),
    ),
    "wrong-account": told(
        "Another account was used",
        "Anderes Konto verwendet",
        "Another Google account was used than the one expected. Nothing was changed.",
        "Verwendet wurde ein anderes Google-Konto als das erwartete. Es wurde nichts geändert.",
        Words(
            "Choose again and take the expected account.", "Wählen Sie erneut, und zwar das erwartete Konto."
        ),
    ),
    "identity-invalid": told(
        "Google's answer does not hold",
        "Die Antwort von Google ist nicht gültig",
        "The identity that Google named could not be verified. Nothing was changed.",
        "Die von Google genannte Identität ließ sich nicht prüfen. Es wurde nichts geändert.",
        Words("Go back and try again.", "Gehen Sie zurück und versuchen Sie es erneut."),
    ),
    "advanced-protection": told(
        "This account is in Google's Advanced Protection",
        "Dieses Konto nutzt das erweiterte Sicherheitsprogramm von Google",
        "Google blocks apps such as this one for it, and app passwords too.",
        "Google sperrt dafür Apps wie diese und ebenso App-Passwörter.",
        Words(
            "Connect another account, or let your Google admin trust this app or set up delegation.",
            "Verbinden Sie ein anderes Konto, oder lassen Sie Ihren Google-Administrator diese App als "
            "vertrauenswürdig einstufen oder die Delegierung einrichten.",
        ),
    ),
    "embedded-browser": told(
        "Google wants a real browser",
        "Google verlangt einen richtigen Browser",
        "This page was opened inside another app, where Google allows no sign-in. Nothing was changed.",
        "Diese Seite wurde innerhalb einer anderen App geöffnet; dort erlaubt Google keine Anmeldung. "
        "Es wurde nichts geändert.",
        Words(
            "Open the link in your browser, such as Chrome, Firefox or Safari.",
            "Öffnen Sie den Link in Ihrem Browser, etwa in Chrome, Firefox oder Safari.",
        ),
    ),
    "link-invalid": told(
        "This link is no longer valid",
        "Dieser Link ist nicht mehr gültig",
        "It was already used, has expired, was not copied completely, or the program that made it has no "
        "access any more.",
        "Er wurde schon verwendet, ist abgelaufen, wurde nicht vollständig kopiert, oder das Programm, das "
        "ihn erstellt hat, hat keinen Zugang mehr.",
        Words(
            "If you have connected your mailbox by it, nothing is left to do. Otherwise ask whoever sent it "
            "to you for a new one.",
            "Haben Sie Ihr Postfach damit schon verbunden, ist nichts weiter zu tun. Sonst bitten Sie den "
            "Absender um einen neuen.",
        ),
    ),
    "login-link-invalid": told(
        "This sign-in link is no longer valid",
        "Dieser Anmeldelink ist nicht mehr gültig",
        "A sign-in link works once, only for a short time, and only while whoever made it has access.",
        "Ein Anmeldelink gilt nur einmal, nur für kurze Zeit und nur, solange sein Absender selbst Zugang "
        "hat.",
        Words(
            "Open it again from your invoicing program, or ask the operator for a new one; "
            "“postausgang login-link” makes it.",
            "Öffnen Sie die Seite erneut aus Ihrem Rechnungsprogramm, oder bitten Sie den Betreiber um einen "
            "neuen Link; „postausgang login-link“ erzeugt ihn.",
        ),
    ),
    "wizard-link-invalid": told(
        "This link to the set-up is no longer valid",
        "Dieser Link zur Einrichtung ist nicht mehr gültig",
        "Such a link can be opened once, within seven days, while whoever made it has access; after that it "
        "comes back only in the same browser.",
        "So ein Link lässt sich einmal öffnen, innerhalb von sieben Tagen und solange sein Absender selbst "
        "Zugang hat; danach nur im selben Browser.",
        Words(
            "Ask your colleague for a new one: “Google Workspace › I am not the admin”.",
            "Bitten Sie Ihre Kollegin oder Ihren Kollegen um einen neuen: „Google Workspace › Ich bin nicht "
            "der Admin“.",
        ),
    ),
    "form-expired": told(
        "This form has expired",
        "Dieses Formular ist abgelaufen",
        "It was not made for this browser session, or cookies are blocked. Nothing was changed.",
        "Es gehört nicht zu dieser Browsersitzung, oder Cookies sind gesperrt. Es wurde nichts geändert.",
        _RELOAD,
    ),
    "form-too-large": told(
        "This is more than the form takes",
        "Das ist mehr, als das Formular aufnimmt",
        "The file or the text that was sent is too large. Nothing was changed.",
        "Die gesendete Datei oder der gesendete Text ist zu groß. Es wurde nichts geändert.",
        Words(
            "Go back, look whether it is the right file, and send the form again.",
            "Gehen Sie zurück, prüfen Sie, ob es die richtige Datei ist, und senden Sie das Formular erneut.",
        ),
    ),
    "not-signed-in": told(
        "Please sign in",
        "Bitte melden Sie sich an",
        "This page can only be seen after signing in.",
        "Diese Seite ist erst nach der Anmeldung sichtbar.",
        Words(
            "Sign in on the start page, or open your sign-in link.",
            "Melden Sie sich auf der Startseite an, oder öffnen Sie Ihren Anmeldelink.",
        ),
    ),
}
