"""Sessions that wait for their next mail, by account. Guards nothing: whoever uses it holds a lock."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter

from service.smtp.sasl import Login
from service.smtp.session import Server, Session


@dataclass(frozen=True, slots=True)
class Account:
    """Who sends, where.

    Attributes:
        key: names whose sessions these are; two accounts with different keys never share one.
    """

    key: str
    server: Server
    login: Login | None
    ehlo_name: str


_Kept = tuple[Account, Session]


class KeptSessions:
    """Idle sessions, each with the account that it was opened for; false when there are none."""

    def __init__(self) -> None:
        self._idle: dict[str, list[_Kept]] = {}  # by the account's key; in each list the longest idle first

    def __bool__(self) -> bool:
        return bool(self._idle)

    def add(self, account: Account, session: Session) -> None:
        """Keep one."""
        self._idle.setdefault(account.key, []).append((account, session))

    def take(self, key: str, is_good: Callable[[Account], bool]) -> tuple[_Kept | None, list[Session]]:
        """Of a good account with this key the session that was last used, and those of bad ones since."""
        bad, taken = [], None
        sessions = self._idle.get(key, [])
        while sessions and taken is None:
            account, session = sessions.pop()
            if is_good(account):
                taken = account, session
            else:
                bad.append(session)
        if not sessions:
            self._idle.pop(key, None)
        return taken, bad

    def take_oldest(self) -> Session:
        """The session that was idle for the longest time, of whomever; there must be one."""
        key, _ = self._oldest()
        sessions = self._idle[key]
        _, session = sessions.pop(0)
        if not sessions:
            del self._idle[key]
        return session

    def take_idle_since(self, at: float) -> list[Session]:
        """All that have been idle since then, or longer."""
        taken = []
        while self._idle and self._oldest()[1] <= at:
            taken.append(self.take_oldest())
        return taken

    def _oldest(self) -> tuple[str, float]:
        return min(((key, kept[0][1].idle_since) for key, kept in self._idle.items()), key=itemgetter(1))
