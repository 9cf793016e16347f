"""Mails in numbers, and the judgement over what became of them."""

import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from service.connections.connection import Connection
from service.mail.address import Address
from service.mail.message import Message
from service.outbox.entry import State
from service.outbox.submit import Order
from service.wiring import Services
from tests.harness import add_tenant, connect, submit
from tests.sandbox_process import SandboxProcess


class Traffic:
    """Mailboxes of one tenant, and the mails that were accepted from them."""

    def __init__(self, services: Services, sandbox: SandboxProcess, mailboxes: int = 8) -> None:
        self._services = services
        self._sandbox = sandbox
        self.tenant_id = add_tenant(services).id
        self.mailboxes = [
            connect(services, self.tenant_id, f"box{number}@muster.example") for number in range(mailboxes)
        ]
        self.ids: list[str] = []

    def submit(self, count: int) -> None:
        """Queue so many mails, from all mailboxes in turn."""
        for _ in range(count):
            mailbox = self.mailboxes[len(self.ids) % len(self.mailboxes)]
            self.ids.append(submit(self._services, mailbox).id)

    def post(self, key: str) -> str:
        """Queue one mail under a key of one's own, as a program does that repeats after a failure."""
        mailbox = self.mailboxes[len(self.ids) % len(self.mailboxes)]
        entry = self._services.submit.submit(_order(mailbox, key)).entry
        self.ids.append(entry.id)
        return entry.id

    def states(self) -> dict[str, State]:
        """Where each mail stands."""
        return {one: self._state(one) for one in self.ids}

    def _is_sent(self, one: str) -> bool:
        return self._state(one) is State.SENT

    def _state(self, one: str) -> State:
        return self._services.ground.stores.outbox.get(self.tenant_id, one).state

    def count(self, state: State) -> int:
        """How many mails stand there."""
        return Counter(self.states().values())[state]

    def copies(self) -> Counter[str]:
        """How often each mail was taken, by the sandbox's own count."""
        return copies_of(self._sandbox)

    def await_sent(self, seconds: float) -> None:
        """Wait until every mail is sent."""
        deadline = time.monotonic() + seconds
        for one in self.ids:  # each is asked for until it is sent, and then no more
            until(partial(self._is_sent, one), deadline - time.monotonic())

    def assert_all_sent_once(self) -> None:
        """Every mail is ``sent``, and the sandbox has one copy of each and nothing else."""
        assert Counter(self.states().values()) == {State.SENT: len(self.ids)}
        assert self.copies() == dict.fromkeys(self.ids, 1)


def copies_of(sandbox: SandboxProcess) -> Counter[str]:
    """How often each mail was taken, by the sandbox's own count."""
    return Counter(str(mail["x_postausgang_id"]) for mail in sandbox.sent())


def until(is_so: Callable[[], bool], seconds: float) -> float:
    """Wait until it is so; says how many seconds that took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - began


def _order(mailbox: Connection, key: str) -> Order:
    message = Message(
        sender=Address(mailbox.address),
        to=(Address("kunde@example.com"),),
        subject="Ihre Rechnung",
        text="Guten Tag\n",
    )
    return Order(mailbox, message, idempotency_key=key)
