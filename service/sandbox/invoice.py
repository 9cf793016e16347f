"""A sample invoice for the demo and the tests: a true Factur-X/ZUGFeRD PDF/A-3, made up but valid.

The libraries that make it are in the extra ``demo`` and are imported only when an invoice is made.
"""

import importlib.util
from datetime import date
from typing import Any

from service.errors import ConfigurationError
from service.sandbox.bill import VAT_PERCENT, Bill, Item, Party, sample_bill

LEVEL = "en16931"
_ISSUED = date(2026, 11, 2)


def sample_invoice(number: str, *, issued: date = _ISSUED) -> bytes:
    """A German invoice as PDF/A-3B with its XML (EN 16931) inside, checked against the official schema.

    Args:
        number: the invoice's number, such as ``RE-2026-0042``.
        issued: the day that it bears.

    Raises:
        ConfigurationError: the extra ``demo`` is not installed.
    """
    _require_extra()
    from facturx import generate_from_binary, generate_xml  # noqa: PLC0415, only the demo has it

    from service.sandbox.sheet import draw  # noqa: PLC0415, likewise

    bill = sample_bill(number, issued)
    xml = generate_xml(_terms(bill), level=LEVEL, check_xsd=True, check_schematron=None)
    pdf: bytes = generate_from_binary(
        draw(bill),
        xml,
        flavor="factur-x",
        level=LEVEL,
        check_xsd=True,
        lang="de-DE",
        afrelationship="alternative",  # the XML says the same as the page (ZUGFeRD 2, profile EN 16931)
        pdf_metadata={
            "author": bill.seller.name,
            "title": f"Rechnung {number}",
            "subject": f"Rechnung {number} vom {issued:%d.%m.%Y}",
            "keywords": "Rechnung, Factur-X, ZUGFeRD",
        },
    )
    return pdf


def _require_extra() -> None:
    if not all(importlib.util.find_spec(name) for name in ("facturx", "fpdf")):
        raise ConfigurationError("The sample invoice needs the extra demo: pip install 'postausgang[demo]'")


def _terms(bill: Bill) -> dict[str, Any]:
    """The bill in the business terms of EN 16931."""
    from service.sandbox.sheet import IBAN, VAT_ID  # noqa: PLC0415, needs the extra

    return {
        "BT-1": bill.number,
        "BT-2": bill.issued,
        "BT-3": "380",  # UNTDID 1001: commercial invoice
        "BT-5": "EUR",
        "BT-9": bill.due,
        "BT-20": f"Zahlbar bis {bill.due:%d.%m.%Y} ohne Abzug.",
        "BT-72": bill.delivered,
        "BT-81": "58",  # UNTDID 4461: SEPA credit transfer
        "BT-83": bill.number,
        "BT-84": IBAN.replace(" ", ""),
        "BG-4": _party(bill.seller) | {"vat_identifier": VAT_ID, "contacts": [_CONTACT]},
        "BG-7": _party(bill.buyer) | {"identifiers": {None: bill.customer_number}},
        "BG-23": [
            {
                "BT-116": str(bill.net),
                "BT-117": str(bill.vat),
                "BT-118": "S",
                "BT-119": str(VAT_PERCENT),
            }
        ],
        "BG-25": [_line(position, item) for position, item in enumerate(bill.items, start=1)],
        "BT-106": str(bill.net),
        "BT-109": str(bill.net),
        "BT-110": str(bill.vat),
        "BT-112": str(bill.gross),
        "BT-115": str(bill.gross),
    }


_CONTACT = {"name": "Mara Muster", "phone": "+49 30 000000", "email": "rechnung@muster.example"}


def _party(party: Party) -> dict[str, Any]:
    return {
        "name": party.name,
        "addr_l1": party.street,
        "postcode": party.postcode,
        "city": party.city,
        "country_code": "DE",
    }


def _line(position: int, item: Item) -> dict[str, Any]:
    return {
        "BT-126": str(position),
        "BT-129": str(item.quantity),
        "BT-130": item.unit_code,
        "BT-131": str(item.net),
        "BT-146": str(item.price),
        "BT-151": "S",
        "BT-152": str(VAT_PERCENT),
        "BT-153": item.name,
    }
