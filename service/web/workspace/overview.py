"""The wizard's first page: the two ways, and how far each set-up has come."""

from dataclasses import dataclass
from enum import StrEnum

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from service.connections.connection import AccountKind
from service.connections.delegation import Delegation
from service.domains.own import own_domains
from service.web.ports import WebPorts
from service.web.workspace.guests import Guests


class Stage(StrEnum):
    """What a set-up of delegation still needs, in this order."""

    SENDERS = "senders"
    ENTRY = "entry"
    CHECK = "check"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class SetUp:
    """One delegation and how far it has come."""

    delegation: Delegation
    stage: Stage


def stage_of(delegation: Delegation) -> Stage:
    """What comes next. Only the check can tell whether the admin's entry is there."""
    if not delegation.senders:
        return Stage.SENDERS
    if delegation.checked_at is None:
        return Stage.ENTRY
    return Stage.CHECK if delegation.is_faulty else Stage.DONE


class Overview:
    """Shows the choice."""

    def __init__(self, ports: WebPorts, guests: Guests) -> None:
        self._ports = ports
        self._guests = guests

    def show(self) -> str:
        """Both ways, what is set up by each, and what else there is to do."""
        asker = self._guests.asker()
        delegations = self._ports.delegations.all(asker.tenant.id)
        connections = self._ports.connections.of_tenant(asker.tenant.id)
        return render_template(
            "workspace/overview.html",
            asker=asker,
            set_ups=[SetUp(one, stage_of(one)) for one in delegations],
            relays=[one for one in connections if one.account_kind is AccountKind.RELAY],
            domains=own_domains(connections, delegations),
        )

    def moved(self) -> Response:
        """The page of delegations, where it was before there was a wizard."""
        return redirect(url_for("web.workspace"), 308)

    def moved_relay(self) -> Response:
        """The relay's form, where it was."""
        return redirect(url_for("web.relay"), 308)
