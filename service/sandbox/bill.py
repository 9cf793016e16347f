"""What the sample invoice says: figures and parties, without paper or XML."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

VAT_PERCENT = Decimal(19)
PAYABLE_WITHIN = timedelta(days=14)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Party:
    """A company with its address, as it stands in the window of an envelope."""

    name: str
    street: str
    postcode: str
    city: str


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the bill.

    Attributes:
        unit: as people write it, such as ``Std.``.
        unit_code: the same in UN/ECE Recommendation 20, as EN 16931 BT-130 wants it.
        price: euros for one unit, without VAT.
    """

    name: str
    quantity: Decimal
    unit: str
    unit_code: str
    price: Decimal

    @property
    def net(self) -> Decimal:
        """Euros without VAT."""
        return _to_cent(self.quantity * self.price)


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice in euros with one rate of VAT, whose sums are computed from its items."""

    number: str
    issued: date
    delivered: date
    customer_number: str
    seller: Party
    buyer: Party
    items: tuple[Item, ...]

    @property
    def due(self) -> date:
        """The last day for paying."""
        return self.issued + PAYABLE_WITHIN

    @property
    def net(self) -> Decimal:
        """Sum of the items (BT-109)."""
        return sum((item.net for item in self.items), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """VAT on the sum, rounded once (EN 16931, BR-CO-17)."""
        return _to_cent(self.net * VAT_PERCENT / 100)

    @property
    def gross(self) -> Decimal:
        """What is to be paid (BT-112)."""
        return self.net + self.vat


def sample_bill(number: str, issued: date) -> Bill:
    """The bill of a heating engineer."""
    return Bill(
        number=number,
        issued=issued,
        delivered=issued - timedelta(days=4),
        customer_number="K-10237",
        seller=Party("Muster Handwerk GmbH", "Werkstraße 7", "10115", "Berlin"),
        buyer=Party("Beispiel Hausverwaltung KG", "Gärtnerweg 12", "80331", "München"),
        items=(
            Item("Wartung der Gasheizung nach Checkliste", Decimal(1), "psch.", "C62", Decimal("189.00")),
            Item("Arbeitszeit Monteur", Decimal("3.5"), "Std.", "HUR", Decimal("62.00")),
            Item("Dichtungssatz für Brenner", Decimal(2), "Stück", "H87", Decimal("14.90")),
            Item("Anfahrt", Decimal(24), "km", "KMT", Decimal("0.75")),
        ),
    )


def _to_cent(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
