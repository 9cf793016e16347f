"""The plain text of a mail that was written in HTML only."""

import nh3
from inscriptis import get_text


def text_of(html: str) -> str:
    """What a reader without HTML gets to see: sanitised first, tables and lists laid out as text."""
    return str(get_text(nh3.clean(html)))
