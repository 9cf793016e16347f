"""What the people of a tenant, and the operator, turn to: who may do what, what is kept, what is in order."""

from dataclasses import dataclass

from service.access.keys import ApiKeys
from service.access.members import Members
from service.access.retention import RetentionLimits
from service.access.session_links import SessionLinks
from service.consent.sign_in import GoogleSignIn
from service.doctor.doctor import Doctor
from service.google.authorization import GoogleAuthorizationServer
from service.ground import Ground
from service.wiring import desks, health, sending


@dataclass(frozen=True, slots=True)
class Administration:
    """Keys, people, their ways in, how long mail is kept, and the check-up of the installation."""

    keys: ApiKeys
    members: Members
    session_links: SessionLinks
    sign_in: GoogleSignIn
    retention: RetentionLimits
    doctor: Doctor


def administration(ground: Ground, server: GoogleAuthorizationServer) -> Administration:
    """All of it over these stores."""
    stores, clock = ground.stores, ground.clock
    return Administration(
        keys=ApiKeys(stores.api_keys, clock),
        members=Members(members=stores.members, clock=clock),
        session_links=desks.session_links(ground),
        sign_in=desks.sign_in(ground, server),
        retention=sending.retention(ground.settings),
        doctor=health.doctor(ground),
    )
