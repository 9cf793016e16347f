"""The sample invoice is a true Factur-X/ZUGFeRD invoice and a true PDF/A-3."""

import hashlib
import io
import re
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from facturx import get_xml_from_pdf, parse_ubl_cii_xml, xml_check_xsd
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from service.errors import ConfigurationError
from service.sandbox import bill as bill_module
from service.sandbox.bill import Item, sample_bill
from service.sandbox.invoice import sample_invoice

NUMBER = "RE-2026-0042"
FONTS = Path(bill_module.__file__).parent / "fonts"


@pytest.fixture(scope="module")
def invoice() -> bytes:
    """One invoice for all tests that only look at it."""
    return sample_invoice(NUMBER, issued=date(2026, 11, 2))


@pytest.fixture(scope="module")
def catalog(invoice: bytes) -> DictionaryObject:
    """The root of the PDF."""
    return PdfReader(io.BytesIO(invoice)).root_object


def test_the_xml_is_found_again_and_fits_the_official_schema(invoice: bytes) -> None:
    """What factur-x finds in the PDF is an EN 16931 invoice that its XSD accepts."""
    name, xml = get_xml_from_pdf(invoice, check_xsd=True)

    assert name == "factur-x.xml"
    assert parse_ubl_cii_xml(xml)["BT-24"] == "urn:cen.eu:en16931:2017"
    assert xml_check_xsd(xml, flavor="factur-x", level="en16931")


def test_the_xml_says_what_the_bill_says(invoice: bytes) -> None:
    """Number, dates, parties and sums of the XML are those of the bill."""
    bill = sample_bill(NUMBER, date(2026, 11, 2))

    terms = parse_ubl_cii_xml(get_xml_from_pdf(invoice)[1])

    assert terms["BT-1"] == NUMBER
    assert terms["BT-2"] == bill.issued
    assert terms["BG-4"]["name"] == bill.seller.name
    assert terms["BG-7"]["city"] == "München"
    assert [Decimal(line["BT-131"]) for line in terms["BG-25"]] == [item.net for item in bill.items]
    assert Decimal(terms["BT-112"]) == bill.gross == Decimal("540.02")


def test_the_page_shows_the_same_figures(invoice: bytes) -> None:
    """A person reads the number, the buyer and the total on the page."""
    text = PdfReader(io.BytesIO(invoice)).pages[0].extract_text()

    assert NUMBER in text
    assert "Beispiel Hausverwaltung KG" in text
    assert "540,02\N{NO-BREAK SPACE}€" in text


def test_the_metadata_claims_pdf_a_3b_and_factur_x(catalog: DictionaryObject) -> None:
    """XMP names part 3, conformance B, and the profile of the embedded XML."""
    xmp = catalog["/Metadata"].get_object().get_data().decode()  # type: ignore[union-attr]  # a stream

    assert _property(xmp, "pdfaid:part") == "3"
    assert _property(xmp, "pdfaid:conformance") == "B"
    assert _property(xmp, "fx:ConformanceLevel") == "EN 16931"
    assert _property(xmp, "fx:DocumentFileName") == "factur-x.xml"


def test_colours_are_defined_by_an_output_intent(catalog: DictionaryObject) -> None:
    """PDF/A needs a profile for device colours: an ICC profile of three channels is there."""
    intents: Any = catalog["/OutputIntents"]

    assert [intent.get_object()["/S"] for intent in intents] == ["/GTS_PDFA1"]
    assert intents[0].get_object()["/DestOutputProfile"].get_object()["/N"] == 3


def test_every_font_is_embedded(invoice: bytes) -> None:
    """No font is left to the reader's machine (ISO 19005-3, 6.2.11.4)."""
    fonts: Any = PdfReader(io.BytesIO(invoice)).pages[0]["/Resources"]["/Font"]  # type: ignore[index]  # a dictionary

    for font in (font.get_object() for font in fonts.values()):
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/FontFile2" in descriptor
    assert len(fonts) == 2


def test_the_xml_is_an_associated_file_of_the_document(catalog: DictionaryObject) -> None:
    """PDF/A-3 wants each embedded file associated: the XML is an alternative of the page."""
    files: Any = catalog["/AF"]

    assert [file.get_object()["/AFRelationship"] for file in files] == ["/Alternative"]
    assert [file.get_object()["/UF"] for file in files] == ["factur-x.xml"]


def test_nothing_in_the_file_is_forbidden_by_pdf_a(invoice: bytes, catalog: DictionaryObject) -> None:
    """No encryption, no script, no action on opening; an ID, and a binary mark after the head."""
    trailer = PdfReader(io.BytesIO(invoice)).trailer

    assert "/Encrypt" not in trailer
    assert len(trailer["/ID"]) == 2  # type: ignore[arg-type]  # an array
    assert isinstance(catalog.get("/OpenAction", []), list), "a place to look at is fine, an action is not"
    assert b"/JavaScript" not in invoice
    assert re.match(rb"%PDF-1\.[4-7]\r?\n%[\x80-\xff]{4}", invoice)


def test_sums_round_once_and_half_up() -> None:
    """VAT is taken from the sum, and half a cent goes up (EN 16931, BR-CO-17)."""
    bill = sample_bill(NUMBER, date(2026, 11, 2))

    assert Item("x", Decimal("0.5"), "Stück", "H87", Decimal("0.01")).net == Decimal("0.01")
    assert (bill.net, bill.vat) == (Decimal("453.80"), Decimal("86.22"))


def test_numbers_of_other_invoices_show_up_too() -> None:
    """The number is the caller's, with the characters that such numbers have."""
    other = sample_invoice("2026/ÄÖ-7 <&>", issued=date(2026, 12, 31))

    assert parse_ubl_cii_xml(get_xml_from_pdf(other)[1])["BT-1"] == "2026/ÄÖ-7 <&>"


def test_without_the_extra_the_reason_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who did not install the extra is told which one, not shown an ImportError."""
    monkeypatch.setitem(sys.modules, "fpdf", None)

    with pytest.raises(ConfigurationError, match=r"postausgang\[demo\]"):
        sample_invoice(NUMBER)


def test_vendored_fonts_are_those_of_the_table() -> None:
    """Each font file has the SHA-256 that VENDOR.md names."""
    table = (FONTS / "VENDOR.md").read_text()

    for file in FONTS.glob("*.ttf"):
        assert f"| `{file.name}` |" in table
        assert hashlib.sha256(file.read_bytes()).hexdigest() in table


def _property(xmp: str, name: str) -> str:
    """A property of XMP, written as an element or as an attribute."""
    found = re.search(rf'<{name}>([^<]*)</{name}>|{name}="([^"]*)"', xmp)
    assert found, f"no {name} in XMP"
    return found[1] or found[2]
