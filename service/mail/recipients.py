"""Who gets a mail: each address once, however often it was named."""

from collections.abc import Iterator

from service.errors import Problem
from service.mail.address import Address
from service.mail.rules import has_mixed_scripts


class Recipients:
    """Reads fields of addresses one after another.

    Attributes:
        warnings: what is no fault but should be known: an address that was named before, a doubtful domain.
    """

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self.warnings: list[Problem] = []

    def field(self, name: str, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
        """The addresses of this field that no field named before, in their order."""
        kept = []
        for position, address in enumerate(addresses):
            where = f"/{name}/{position}"
            if address.key in self._seen:
                self.warnings.append(Problem(where, "recipient-merged", ""))
                continue
            if has_mixed_scripts(address.spec.rpartition("@")[2]):
                self.warnings.append(Problem(where, "mixed-script-domain", ""))
            self._seen.add(address.key)
            kept.append(address)
        return tuple(kept)

    def faults(self, maximum: int) -> Iterator[Problem]:
        """What is wrong with all fields together."""
        if not self._seen:
            yield Problem("/to", "required", "Name at least one recipient in to, cc or bcc.")
        if len(self._seen) > maximum:
            yield Problem("/to", "too-many", f"A message has at most {maximum} recipients.")
