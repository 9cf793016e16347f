"""Who may sign in, and a tenant's people."""

from service.catalogue.words import Words, told

PEOPLE = {
    "sign-in-not-allowed": told(
        "This Google account may not sign in here",
        "Dieses Google-Konto darf sich hier nicht anmelden",
        "Google has confirmed who you are, but nobody has given this account access yet.",
        "Google hat Ihre Identität bestätigt, aber für dieses Konto hat noch niemand den Zugang freigegeben.",
        Words(
            "Choose another account, or ask an admin of your company to add this address as a member.",
            "Wählen Sie ein anderes Konto, oder bitten Sie einen Admin Ihres Unternehmens, diese Adresse als "
            "Mitglied hinzuzufügen.",
        ),
    ),
    "account-changed": told(
        "This address belongs to another Google account now",
        "Diese Adresse gehört jetzt zu einem anderen Google-Konto",
        "Somebody has signed in here with this address before, with another Google account. An address can "
        "be given to another person, so we do not let the new account in by itself.",
        "Mit dieser Adresse hat sich hier schon jemand angemeldet, aber mit einem anderen Google-Konto. Weil "
        "eine Adresse neu vergeben werden kann, lassen wir das neue Konto nicht von selbst herein.",
        Words(
            "Ask an admin of your company to remove the address from the members and to add it again. For an "
            "operator, “postausgang operators forget” on the server does it.",
            "Bitten Sie einen Admin Ihres Unternehmens, die Adresse bei den Mitgliedern zu entfernen und neu "
            "hinzuzufügen. Bei einem Betreiber hilft „postausgang operators forget“ auf dem Server.",
        ),
    ),
    "member-exists": told(
        "This person is a member already",
        "Diese Person ist schon Mitglied",
        "The tenant has a member of this address.",
        "Der Mandant hat bereits ein Mitglied mit dieser Adresse.",
        Words("Change the role in the list.", "Ändern Sie die Rolle in der Liste."),
    ),
    "last-admin": told(
        "The last admin stays",
        "Der letzte Admin bleibt",
        "Without an admin nobody could add members or change settings any more. Nothing was changed.",
        "Ohne Admin könnte niemand mehr Mitglieder hinzufügen oder Einstellungen ändern. Es wurde nichts "
        "geändert.",
        Words("Make somebody else an admin first.", "Machen Sie zuerst jemand anderen zum Admin."),
    ),
}
