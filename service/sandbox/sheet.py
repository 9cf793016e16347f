"""The printed side of the sample invoice: one page after DIN 5008, as PDF/A-3B.

Needs the extra ``demo`` (fpdf2); only ``service.sandbox.invoice`` imports this module.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos
from fpdf.fonts import FontFace

from service.sandbox.bill import VAT_PERCENT, Bill

IBAN = "DE02 1203 0000 0000 2020 51"
VAT_ID = "DE123456789"
_FONTS = Path(__file__).parent / "fonts"
_LEFT, _RIGHT, _WIDTH = 25, 20, 165  # mm, DIN 5008 form B
_INK, _GREY, _ACCENT, _STRIPE = (30, 34, 40), (104, 112, 122), (22, 93, 110), (241, 245, 246)


def draw(bill: Bill) -> bytes:
    """The page of a bill, with every font embedded and an sRGB output intent."""
    page = FPDF(enforce_compliance="PDF/A-3B")
    page.add_font("Roboto", "", _FONTS / "Roboto-Regular.ttf")
    page.add_font("Roboto", "B", _FONTS / "Roboto-Bold.ttf")
    page.set_lang("de-DE")
    page.c_margin = 0
    page.set_margins(_LEFT, 20, _RIGHT)
    page.set_auto_page_break(auto=False)
    page.add_page()
    _letterhead(page, bill)
    _window(page, bill)
    _reference(page, bill)
    _opening(page, bill)
    _items(page, bill)
    _sums(page, bill)
    _closing(page, bill)
    _footer(page, bill)
    return bytes(page.output())


def _letterhead(page: FPDF, bill: Bill) -> None:
    page.set_fill_color(*_ACCENT)
    page.rect(0, 0, 210, 4, style="F")
    page.set_xy(_LEFT, 15)
    _write(page, 20, _ACCENT, "B")
    page.cell(_WIDTH, 9, bill.seller.name, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    _write(page, 10, _GREY)
    page.cell(_WIDTH, 5, "Heizung · Sanitär · Wartung")
    # Fold marks where DIN 5008 form B wants them.
    page.set_draw_color(*_GREY)
    for height in (105, 148.5, 210):
        page.line(5, height, 9, height)


def _window(page: FPDF, bill: Bill) -> None:
    page.set_xy(_LEFT, 50)
    _write(page, 7.5, _GREY)
    page.cell(85, 4, f"{bill.seller.name} · {bill.seller.street} · {bill.seller.postcode} {bill.seller.city}")
    page.set_xy(_LEFT, 57)
    _write(page, 11, _INK)
    buyer = bill.buyer
    page.multi_cell(85, 5.6, f"{buyer.name}\n{buyer.street}\n{buyer.postcode} {buyer.city}", align=Align.L)


def _reference(page: FPDF, bill: Bill) -> None:
    rows = (
        ("Rechnungsnummer", bill.number),
        ("Rechnungsdatum", _day(bill.issued)),
        ("Leistungsdatum", _day(bill.delivered)),
        ("Kundennummer", bill.customer_number),
        ("Zahlbar bis", _day(bill.due)),
    )
    page.set_y(50)
    for label, value in rows:
        page.set_x(125)
        _write(page, 9, _GREY)
        page.cell(30, 5.6, label)
        _write(page, 9, _INK, "B")
        page.cell(35, 5.6, value, align=Align.R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _opening(page: FPDF, bill: Bill) -> None:
    page.set_xy(_LEFT, 98)
    _write(page, 15, _INK, "B")
    page.cell(_WIDTH, 8, f"Rechnung {bill.number}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    page.ln(3)
    _write(page, 10, _INK)
    page.multi_cell(
        _WIDTH,
        5.2,
        "Sehr geehrte Damen und Herren,\nvielen Dank für Ihren Auftrag. Wir berechnen Ihnen wie folgt:",
        new_x=XPos.LMARGIN,
        new_y=YPos.NEXT,
    )
    page.ln(4)


def _items(page: FPDF, bill: Bill) -> None:
    _write(page, 9.5, _INK)
    page.set_draw_color(*_GREY)
    page.set_fill_color(255)
    with page.table(
        align="LEFT",
        col_widths=(12, 75, 16, 18, 22, 22),
        text_align=("LEFT", "LEFT", "RIGHT", "LEFT", "RIGHT", "RIGHT"),
        borders_layout="HORIZONTAL_LINES",
        line_height=7.5,
        padding=(0, 1.5),
        headings_style=FontFace(emphasis="BOLD", color=(255, 255, 255), fill_color=_ACCENT),
        cell_fill_color=_STRIPE,
        cell_fill_mode="EVEN_ROWS",
    ) as table:
        table.row(("Pos.", "Leistung", "Menge", "Einheit", "Einzelpreis", "Betrag"))
        for position, item in enumerate(bill.items, start=1):
            quantity = f"{item.quantity.normalize():f}".replace(".", ",")
            table.row((str(position), item.name, quantity, item.unit, _euros(item.price), _euros(item.net)))


def _sums(page: FPDF, bill: Bill) -> None:
    rows = (
        ("Nettobetrag", bill.net, ""),
        (f"Umsatzsteuer {VAT_PERCENT} %", bill.vat, ""),
        ("Rechnungsbetrag", bill.gross, "B"),
    )
    page.ln(3)
    for label, amount, weight in rows:
        _write(page, 11 if weight else 9.5, _ACCENT if weight else _INK, weight)
        page.set_x(120)
        page.cell(40, 7, label, border="T" if weight else 0)
        page.cell(
            28.5,
            7,
            _euros(amount),
            border="T" if weight else 0,
            align=Align.R,
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
        )


def _closing(page: FPDF, bill: Bill) -> None:
    page.ln(8)
    _write(page, 10, _INK)
    page.multi_cell(
        _WIDTH,
        5.2,
        f"Bitte überweisen Sie {_euros(bill.gross)} bis zum {_day(bill.due)} auf das unten genannte Konto "
        f"und geben Sie {bill.number} an.\n\nMit freundlichen Grüßen\n{bill.seller.name}",
        align=Align.L,
    )
    page.set_xy(_LEFT, 252)
    _write(page, 8, _GREY)
    page.multi_cell(
        _WIDTH,
        4,
        "Muster zum Ausprobieren: Firmen, Konto und Leistungen sind erfunden. "
        "Diese E-Rechnung enthält dieselben Angaben als XML (Factur-X/ZUGFeRD, Profil EN 16931).",
        align=Align.L,
    )


def _footer(page: FPDF, bill: Bill) -> None:
    seller = bill.seller
    columns = (
        f"{seller.name}\n{seller.street}\n{seller.postcode} {seller.city}",
        f"Bankverbindung\n{IBAN}\nMusterbank Berlin",
        f"USt-IdNr. {VAT_ID}\nAmtsgericht Berlin, HRB 00000\nrechnung@muster.example",
    )
    page.line(_LEFT, 266, _LEFT + _WIDTH, 266)
    _write(page, 8, _GREY)
    for column, text in enumerate(columns):
        page.set_xy(_LEFT + column * 57, 269)
        page.multi_cell(55, 4.2, text, align=Align.L)


def _write(page: FPDF, size: float, color: tuple[int, int, int], weight: str = "") -> None:
    page.set_font("Roboto", weight, size)
    page.set_text_color(*color)


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _euros(amount: Decimal) -> str:
    """As Germans write it: ``1.234,50 €``, held together by a no-break space."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,")) + "\N{NO-BREAK SPACE}€"
