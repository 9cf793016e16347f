"""Long addresses break where a reader would break them."""

import pytest

from service.mail.address import Address
from service.web.words import breakable
from tests.web.office import Office

LONG = "buchhaltung-mit-sehr-langer-adresse@muster-und-soehne-gmbh.example.de"


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("a@muster.de", "a@muster.de"),
        (LONG, "buchhaltung-mit-sehr-langer-adresse@<wbr>muster-und-soehne-gmbh.<wbr>example.de"),
        ("mail.muster-und-soehne-gmbh.de", "mail.<wbr>muster-und-soehne-gmbh.de"),
        ("zwei..punkte.hintereinander.", "zwei..<wbr>punkte.<wbr>hintereinander."),
        ("<script>alert(1)</script>@muster.de", "&lt;script&gt;alert(1)&lt;/<wbr>script&gt;@<wbr>muster.de"),
        (Address("b@muster.de", "<b>Söhne"), "&lt;b&gt;Söhne &lt;b@<wbr>muster.de&gt;"),
    ],
)
def test_an_address_breaks_after_its_signs(text: object, broken: str) -> None:
    """What fits on one line has no break in it, and nothing in a text is taken for HTML."""
    assert str(breakable(text)) == broken


def test_a_sentence_keeps_the_breaks_of_its_address(office: Office) -> None:
    """They are no text that somebody reads; the title of the browser's window has none."""
    tenant = office.tenant()
    connection = office.connection(tenant, LONG)

    page = office.signed_in(tenant).get(f"/connections/{connection.id}/disconnect").text

    assert f"<title>Disconnect {LONG}? · Postausgang</title>" in page
    assert f"<h1>Disconnect {breakable(LONG)}?</h1>" in page
    assert "&lt;wbr" not in page
