"""What an answer's body holds, whatever was sent in it."""

import json
from typing import Any

MAX_REPLY = 2000  # characters of a server's own words that are kept


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; empty for anything else."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def storable(words: str) -> str:
    """Cut, and without what databases refuse: PostgreSQL takes no NUL, and half a character is none."""
    return words[:MAX_REPLY].replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
