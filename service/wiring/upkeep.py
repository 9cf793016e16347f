"""What a worker does beside sending: look after grants, forget, show that it lives."""

from dataclasses import dataclass

from service.consent.aliases import Aliases
from service.consent.checkup import Checkup
from service.consent.refresh import AccessTokens
from service.doctor.pulse import Pulse
from service.ground import Ground
from service.outbox.forget import Forget
from service.wiring import sending


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Jobs that are done again and again; ``service.worker`` says how often."""

    checkup: Checkup
    forget: Forget
    pulse: Pulse


def upkeep(ground: Ground, tokens: AccessTokens, aliases: Aliases, name: str) -> Upkeep:
    """All of it, for the worker of this name."""
    stores, clock = ground.stores, ground.clock
    return Upkeep(
        checkup=Checkup(grants=stores.grant_checks, tokens=tokens, clock=clock, then=aliases.refresh),
        forget=sending.forget(ground),
        pulse=Pulse(stores.workers, name, clock),
    )
