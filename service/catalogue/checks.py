"""What the check of an installation says: title of each check, and each thing that it can find."""

from typing import NamedTuple

from service.catalogue.words import Words


class Remark(NamedTuple):
    """What was found, and what helps; ``fix`` is ``None`` when all is well."""

    sentence: Words
    fix: Words | None = None


TITLES = {
    "public-address": Words(
        "Public address reachable over HTTPS", "Öffentliche Adresse per HTTPS erreichbar"
    ),
    "keyring": Words("Encryption key set", "Schlüssel gesetzt"),
    "oauth-client": Words("Google OAuth client", "Google-OAuth-Client"),
    "database": Words("Database", "Datenbank"),
    "worker": Words("Worker", "Worker"),
    "clock": Words("Clock", "Uhr"),
    "notices": Words("Mail server for notices", "Mailserver für Benachrichtigungen"),
    "tenant": Words("First company", "Erstes Unternehmen"),
    "connection": Words("First connection", "Erste Verbindung"),
    "test-mail": Words("Test mail", "Testmail"),
    "api-key": Words("API key for your invoicing app", "API-Schlüssel für Ihr Rechnungsprogramm"),
}

_SERVER = {
    "address-https": Remark(
        Words(
            "Browsers reach the service over HTTPS, as far as the settings say.",
            "Browser erreichen den Dienst per HTTPS, soweit es die Einstellungen sagen.",
        )
    ),
    "address-answers": Remark(
        Words(
            "The service answers at its public address.",
            "Der Dienst antwortet unter seiner öffentlichen Adresse.",
        )
    ),
    "address-local": Remark(
        Words(
            "The service can only be reached from the machine that it runs on.",
            "Der Dienst ist nur von dem Rechner aus erreichbar, auf dem er läuft.",
        ),
        Words(
            "Put a proxy with HTTPS before it and set POSTAUSGANG_PUBLIC_URL to its address.",
            "Stellen Sie einen Proxy mit HTTPS davor, und setzen Sie POSTAUSGANG_PUBLIC_URL auf "
            "dessen Adresse.",
        ),
    ),
    "address-silent": Remark(
        Words(
            "The service does not answer at its public address, or its certificate is not valid.",
            "Der Dienst antwortet nicht unter seiner öffentlichen Adresse, oder das Zertifikat ist "
            "nicht gültig.",
        ),
        Words(
            "Start the service, and check the DNS name, the proxy and its certificate.",
            "Starten Sie den Dienst, und prüfen Sie DNS-Namen, Proxy und Zertifikat.",
        ),
    ),
    "keyring-readable": Remark(
        Words(
            "Tokens, passwords and mail are sealed with it. Keep a copy in a safe place.",
            "Damit sind Tokens, Passwörter und Mails versiegelt. Bewahren Sie eine Kopie sicher auf.",
        )
    ),
    "keyring-unreadable": Remark(
        Words("The keyring cannot be read.", "Der Schlüsselbund ist nicht lesbar."),
        Words(
            "Make one with `postausgang keys generate`; if there was one, put it back from your copy.",
            "Erzeugen Sie ihn mit `postausgang keys generate`; gab es schon einen, spielen Sie Ihre "
            "Kopie zurück.",
        ),
    ),
    "client-readable": Remark(
        Words(
            "The client is set. Its redirect URI at Google must match to the letter.",
            "Der Client ist eingerichtet. Seine Weiterleitungs-URI bei Google muss genau übereinstimmen.",
        )
    ),
    "client-unreadable": Remark(
        Words("Google's OAuth client cannot be used.", "Der Google-OAuth-Client ist nicht verwendbar."),
        Words(
            "Copy this redirect URI into Google Cloud › Clients; it must match exactly. Then put "
            "the client's "
            "file into credentials/ as google_client.json.",
            "Kopieren Sie diese Weiterleitungs-URI nach Google Cloud › Clients; sie muss genau "
            "übereinstimmen. "
            "Legen Sie dann die Datei des Clients als google_client.json in credentials/ ab.",
        ),
    ),
    "database-ready": Remark(
        Words(
            "It answers and fits this version of the program.",
            "Sie antwortet und passt zu dieser Programmversion.",
        )
    ),
    "database-not-ready": Remark(
        Words("The database cannot be worked with.", "Mit der Datenbank kann nicht gearbeitet werden."),
        Words(
            "Start the database server, then run `postausgang migrate`.",
            "Starten Sie den Datenbankserver, und führen Sie dann `postausgang migrate` aus.",
        ),
    ),
}

_WORK = {
    "worker-alive": Remark(Words("Mail is being sent.", "Mails werden versendet.")),
    "worker-none": Remark(
        Words(
            "No worker runs: mail is accepted, but not sent.",
            "Es läuft kein Worker: Mails werden angenommen, aber nicht versendet.",
        ),
        Words(
            "Start `postausgang worker`, or everything with `postausgang serve`.",
            "Starten Sie `postausgang worker`, oder alles zusammen mit `postausgang serve`.",
        ),
    ),
    "worker-silent": Remark(
        Words(
            "The worker has been silent for over a minute: mail is accepted, but perhaps not sent.",
            "Der Worker schweigt seit über einer Minute: Mails werden angenommen, aber vielleicht nicht "
            "versendet.",
        ),
        Words(
            "Look into its log and start it again.",
            "Sehen Sie in sein Protokoll, und starten Sie ihn neu.",
        ),
    ),
    "clock-plausible": Remark(
        Words(
            "It agrees with what the workers wrote down.",
            "Sie stimmt mit dem überein, was die Worker notiert haben.",
        )
    ),
    "clock-right": Remark(Words("It agrees with Google's.", "Sie stimmt mit der von Google überein.")),
    "clock-wrong": Remark(
        Words(
            "It is wrong: Google refuses what such a machine signs, and mail leaves at the wrong time.",
            "Sie geht falsch: Google weist ab, was ein solcher Rechner signiert, und Mails gehen "
            "zur falschen "
            "Zeit hinaus.",
        ),
        Words(
            "Let the machine set its clock over the network (NTP).",
            "Lassen Sie den Rechner seine Uhr über das Netz stellen (NTP).",
        ),
    ),
    "clock-unknown": Remark(
        Words(
            "Google could not be asked for the time.", "Google konnte nicht nach der Uhrzeit gefragt werden."
        ),
        Words(
            "Check this machine's way to the internet.",
            "Prüfen Sie die Internetverbindung dieses Rechners.",
        ),
    ),
    "notices-server": Remark(
        Words(
            "Owners are told by mail when their connection needs them, even if they have no other one.",
            "Inhaber werden per Mail benachrichtigt, wenn ihre Verbindung sie braucht, auch wenn sie keine "
            "andere haben.",
        )
    ),
    "notices-none": Remark(
        Words(
            "When the only mailbox fails, nobody can be told by mail: that needs a mail server for notices.",
            "Fällt das einzige Postfach aus, kann niemand per Mail benachrichtigt werden: Dafür braucht es "
            "einen Mailserver für Benachrichtigungen.",
        ),
        Words(
            "Set POSTAUSGANG_NOTICE_SMTP and POSTAUSGANG_NOTICE_SMTP_FROM.",
            "Setzen Sie POSTAUSGANG_NOTICE_SMTP und POSTAUSGANG_NOTICE_SMTP_FROM.",
        ),
    ),
}

_TENANT = {
    "tenant-there": Remark(
        Words("There is a company to send for.", "Es gibt ein Unternehmen, für das gesendet wird.")
    ),
    "tenant-none": Remark(
        Words(
            "There is no company to send for yet.", "Es gibt noch kein Unternehmen, für das gesendet wird."
        ),
        Words(
            "Add one with `postausgang tenants add NAME`, then print a link to sign in with "
            "`postausgang login-link`.",
            "Legen Sie es mit `postausgang tenants add NAME` an, und erzeugen Sie mit `postausgang "
            "login-link` "
            "einen Link zum Anmelden.",
        ),
    ),
    "connected": Remark(Words("A mailbox is connected.", "Ein Postfach ist verbunden.")),
    "not-connected": Remark(
        Words("No mailbox is connected yet.", "Es ist noch kein Postfach verbunden."),
        Words(
            "Connect a mailbox. It takes about a minute.",
            "Verbinden Sie ein Postfach. Das dauert etwa eine Minute.",
        ),
    ),
    "connection-broken": Remark(
        Words(
            "No connection works: all mail waits.",
            "Keine Verbindung funktioniert: Alle Mails warten.",
        ),
        Words("Reconnect the mailbox.", "Verbinden Sie das Postfach neu."),
    ),
    "mail-sent": Remark(Words("Mail has been sent.", "Es wurden schon Mails gesendet.")),
    "no-mail-sent": Remark(
        Words("No mail has been sent yet.", "Es wurde noch keine Mail gesendet."),
        Words(
            "Send yourself a test mail.",
            "Senden Sie sich eine Testmail.",
        ),
    ),
    "key-there": Remark(
        Words("Your invoicing app has a valid key.", "Ihr Rechnungsprogramm hat einen gültigen Schlüssel.")
    ),
    "no-key": Remark(
        Words("There is no valid key yet.", "Es gibt noch keinen gültigen Schlüssel."),
        Words(
            "Create a key and put it into your invoicing app.",
            "Erstellen Sie einen Schlüssel, und tragen Sie ihn in Ihr Rechnungsprogramm ein.",
        ),
    ),
}

REMARKS = {**_SERVER, **_WORK, **_TENANT}
