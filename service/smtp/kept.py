"""Sessions that wait for their next mail, by account. Guards nothing: whoever uses it holds a lock."""

from dataclasses import dataclass

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


_Home = tuple[str, Server]


class KeptSessions:
    """Idle sessions; false when there are none."""

    def __init__(self) -> None:
        self._idle: dict[_Home, list[Session]] = {}  # in each list the longest idle first

    def __bool__(self) -> bool:
        return bool(self._idle)

    def add(self, account: Account, session: Session) -> None:
        """Keep one."""
        self._idle.setdefault(_home(account), []).append(session)

    def take(self, account: Account) -> tuple[Session | None, list[Session]]:
        """The account's session that was idle for the shortest time, and outdated ones since."""
        home, outdated = _home(account), []
        sessions = self._idle.get(home, [])
        taken = None
        while sessions and taken is None:
            session = sessions.pop()
            if session.login == account.login:
                taken = session
            else:
                outdated.append(session)
        if not sessions:
            self._idle.pop(home, None)
        return taken, outdated

    def take_oldest(self) -> Session:
        """The session that was idle for the longest time, of whomever; there must be one."""
        home, _ = self._oldest_home()
        sessions = self._idle[home]
        session = sessions.pop(0)
        if not sessions:
            del self._idle[home]
        return session

    def take_idle_since(self, at: float) -> list[Session]:
        """All that have been idle since then, or longer."""
        taken = []
        while self._idle and self._oldest_home()[1] <= at:
            taken.append(self.take_oldest())
        return taken

    def _oldest_home(self) -> tuple[_Home, float]:
        home = min(self._idle, key=lambda home: self._idle[home][0].idle_since)
        return home, self._idle[home][0].idle_since


def _home(account: Account) -> _Home:
    return account.key, account.server
