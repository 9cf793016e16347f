"""What is taken with a warning, and what of the input matrix is simply good."""

from typing import Any

import pytest

from tests.api.conftest import PDF, Api, attachment

# name of the row: fields, codes of the warnings
GOOD_FIELDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "IDN domain": ({"to": ["a@müller.example"]}, []),
    "mixed scripts": ({"to": ["a@pаypal.example"]}, ["mixed-script-domain"]),
    "same address twice": ({"to": ["a@example.com", "A@example.com"]}, ["recipient-merged"]),
    "same address in two fields": ({"cc": "kunde@example.com"}, ["recipient-merged"]),
    "one address as a string": ({"to": "a@example.com"}, []),
    "encoded-word in subject": ({"subject": "=?UTF-8?Q?a=0ABcc:_x@example.com?="}, []),
    "251 characters": ({"subject": "a" * 251}, ["long-subject"]),
    "bare CR and dots in text": ({"text": "a\rb\n.\n..\n" + "x" * 5000}, []),
    "HTML with a script": ({"text": None, "html": "<script>1</script><img src='https://x.example/'>"}, []),
    "own header": ({"headers": {"X-Rechnung": "Nr. 42 für Sie", "In-Reply-To": "<a@example.com>"}}, []),
    "long file name": ({"attachments": [attachment(filename="ü" * 200 + ".pdf")]}, ["attachment-renamed"]),
    "device name": ({"attachments": [attachment(filename="CON.pdf")]}, ["attachment-renamed"]),
    "trailing dot": ({"attachments": [attachment(filename="a.pdf. ")]}, ["attachment-renamed"]),
    "two of one name": ({"attachments": [attachment(), attachment()]}, ["attachment-renamed"]),
    "a program named as a PDF": ({"attachments": [attachment(b"MZ")]}, ["attachment-content-differs"]),
    "macros": ({"attachments": [attachment(PDF, "liste.xlsm")]}, ["attachment-macros"]),
    "scheduled an hour ago": ({"scheduled_at": "2026-11-23T08:00:00Z"}, []),
    "scheduled in a month": ({"scheduled_at": "2026-12-23T10:00:00+01:00"}, []),
}


@pytest.mark.parametrize("name", GOOD_FIELDS)
def test_a_message_with_doubts_is_taken_with_warnings(api: Api, name: str) -> None:
    """What can be sent is taken; what the caller should know stands in the warnings."""
    fields, codes = GOOD_FIELDS[name]

    answer = api.post(api.message(**fields))

    assert answer.json is not None
    assert answer.status_code == 202, answer.json
    assert [warning["code"] for warning in answer.json["warnings"]] == codes
    assert all(warning["detail"] for warning in answer.json["warnings"])
