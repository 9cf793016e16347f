"""Next steps that several problems share."""

from service.catalogue.words import Words

NOTHING = Words(
    "You need do nothing; the mail stays in the queue.",
    "Sie müssen nichts tun; die Mail bleibt in der Warteschlange.",
)
OPERATOR = Words(
    "Tell the operator of this service and name the code.",
    "Informieren Sie den Betreiber dieses Dienstes und nennen Sie ihm den Code.",
)
CONNECT = Words("Connect the account again.", "Verbinden Sie das Konto erneut.")
CORRECT_MAIL = Words(
    "Correct it and send the mail again from your invoicing program.",
    "Korrigieren Sie die Mail und senden Sie sie erneut aus Ihrem Rechnungsprogramm.",
)
CORRECT_ADDRESS = Words(
    "Ask the recipient for the right address and send the mail again.",
    "Fragen Sie den Empfänger nach der richtigen Adresse und senden Sie die Mail erneut.",
)
CORRECT_REQUEST = Words(
    "Correct the request and send it again.", "Korrigieren Sie die Anfrage und senden Sie sie erneut."
)
CHECK_STATE = Words(
    "Look at the message again: its state has changed in the meantime.",
    "Sehen Sie sich die Nachricht noch einmal an: Der Status hat sich inzwischen geändert.",
)
REPEAT = Words(
    "Repeat it later; in the API with the same Idempotency-Key.",
    "Wiederholen Sie es später; in der API mit demselben Idempotency-Key.",
)
NEW_KEY = Words(
    "Make a new key for each new message and use it again for each repetition.",
    "Bilden Sie für jede neue Nachricht einen neuen Schlüssel und verwenden Sie ihn bei "
    "Wiederholungen weiter.",
)
DOUBLE_CHECK = Words(
    "The mail was accepted; check whether this is what you meant.",
    "Die Mail wurde angenommen; prüfen Sie, ob das so gemeint war.",
)
