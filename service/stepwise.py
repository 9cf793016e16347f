"""Checks that tell each step when it has ended, for who wants no more than what comes of them."""

from collections.abc import Generator
from typing import TypeVar

Step = TypeVar("Step")
Result = TypeVar("Result")


def at_once(check: Generator[Step, None, Result]) -> tuple[Result, list[Step]]:
    """Run it to its end: what comes of it, and every step that it told."""
    steps = list[Step]()
    while True:
        try:
            steps.append(next(check))
        except StopIteration as end:
            return end.value, steps
