"""An installation and the world around it, as the doctor sees them."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.fakes.clock import START


@dataclass
class FakeInstallation:
    """Serves ``Installation``; ``broken`` holds what each check raises."""

    broken: dict[str, Exception] = field(default_factory=dict)
    looks: int = 0

    def check_keyring(self) -> None:
        """As told."""
        self._check("keyring")

    def check_client(self) -> None:
        """As told."""
        self._check("client")

    def check_database(self) -> None:
        """As told."""
        self._check("database")

    def _check(self, name: str) -> None:
        self.looks += 1
        if name in self.broken:
            raise self.broken[name]


@dataclass
class FakeOutside:
    """Serves ``Outside``."""

    answers: bool = True
    time: datetime | None = START
    asked: list[str] = field(default_factory=list)

    def is_answering(self, url: str) -> bool:
        """As told."""
        self.asked.append(url)
        return self.answers

    def google_time(self) -> datetime | None:
        """As told."""
        return self.time
