"""The plain text of a mail that was written in HTML only."""

from inscriptis import get_text


def text_of(html: str) -> str:
    """What a reader without HTML gets to see: tables and lists as text, no scripts, no link targets."""
    return str(get_text(html))
