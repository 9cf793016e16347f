"""What every error of the tree is made of."""

from dataclasses import dataclass


class ServiceError(Exception):
    """Something that Postausgang expects to go wrong. Never raised itself."""

    code = "internal"

    def __str__(self) -> str:
        return self.args[0] if self.args else (self.__doc__ or "").splitlines()[0]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in what a caller wrote.

    Attributes:
        pointer: where, as a JSON pointer (RFC 6901), such as ``/to/0``; ``""`` is the whole.
        code: kebab-case, stable, such as ``invalid-address``.
        detail: one English sentence without the value that was sent.
    """

    pointer: str
    code: str
    detail: str
