"""What a check of a domain found."""

from dataclasses import dataclass
from enum import StrEnum


class Subject(StrEnum):
    """What is looked at, in the order in which it is told."""

    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"


class Result(StrEnum):
    """How it is."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Record:
    """A TXT record, as the keeper of the domain enters it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One subject.

    Attributes:
        code: problem code; ``None`` for what is well.
        found: the record that is there, untrusted; ``None`` when there is none, or nobody knows.
        wanted: the record to add, or to put in the place of ``found``; ``None`` where there is nothing to
            paste.
    """

    subject: Subject
    result: Result
    code: str | None = None
    found: Record | None = None
    wanted: Record | None = None


@dataclass(frozen=True, slots=True)
class DomainReport:
    """All of them, in the order of ``Subject``."""

    domain: str
    findings: tuple[Finding, ...]
