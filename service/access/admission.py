"""Whom a Google account is let in as."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import structlog

from service.access.member import Member, Role
from service.access.ports import MemberStore, TenantStore
from service.clock import Clock
from service.errors import NotAdmittedError, OtherAccountError
from service.identifiers import new_id

log = structlog.get_logger(__name__)


class Admission:
    """Knows the operators, the tenants' people, and the domains whose people come in by themselves.

    Google has verified every address, but vouches for its owner only at gmail.com and, by ``hd``, for those
    of a Workspace; any other one was the person's own when the account was made. So a domain counts only as
    ``hd``, and an address only while it is listed by itself and until an account has signed in with it:
    from then on that account counts.

    Source: https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
    """

    def __init__(
        self,
        *,
        members: MemberStore,
        tenants: TenantStore,
        operators: frozenset[str],
        domains: Mapping[str, str],
        clock: Clock,
    ) -> None:
        """``operators``: addresses in lower case; ``domains``: tenant id by Workspace domain."""
        self._members = members
        self._tenants = tenants
        self._operators = operators
        self._domains = domains
        self._clock = clock

    def admit(self, *, subject_id: str, address: str, hosted_domain: str | None) -> Member:
        """The account that the person is signed in with: an operator's, else the one last used.

        Args:
            subject_id: Google's name of the account.
            address: its verified address.
            hosted_domain: its Workspace domain, as Google says it; ``None`` for a consumer account.

        Raises:
            OtherAccountError: the address is known, with another Google account.
            NotAdmittedError: neither the account nor its address nor its domain is known.
        """
        known = self._members.of_person(subject_id, address.lower())
        known += self._newcomers(known, address.lower(), hosted_domain)
        own = [member for member in known if member.subject_id == subject_id]
        homes = {member.tenant_id for member in own}
        # An invitation counts only where this Google account is not known by another address.
        invited = [m for m in known if m.subject_id is None and m.tenant_id not in homes]
        usable = [member for member in own + invited if self._is_current(member)]
        if not usable:
            raise (
                OtherAccountError(address) if self._is_taken(known, subject_id) else NotAdmittedError(address)
            )
        chosen = max(usable, key=_preference)
        for member in {each.id: each for each in (*invited, chosen) if each in usable}.values():
            if not self._members.note_sign_in(member.id, subject_id, self._clock.now()):
                raise OtherAccountError(address)
        return replace(chosen, subject_id=subject_id, last_seen_at=self._clock.now())

    def _newcomers(self, known: Iterable[Member], address: str, domain: str | None) -> list[Member]:
        """Who comes in without an invitation gets an account now."""
        homes = {member.tenant_id for member in known}
        wanted: list[tuple[str | None, Role]] = []
        if address in self._operators:
            wanted.append((None, Role.OPERATOR))
        tenant_id = self._domains.get((domain or "").lower())
        if tenant_id is not None and self._is_tenant(tenant_id):
            wanted.append((tenant_id, Role.MEMBER))
        new = [
            Member(new_id("mem"), home, address, role, self._clock.now())
            for home, role in wanted
            if home not in homes
        ]
        for member in new:
            self._members.add(member)
            log.info("member added", member=member.id, tenant=member.tenant_id, role=member.role)
        return new

    def _is_tenant(self, tenant_id: str) -> bool:
        is_known = any(tenant.id == tenant_id for tenant in self._tenants.all())
        if not is_known:
            log.warning("sign_in_domains names a tenant that there is not", tenant=tenant_id)
        return is_known

    def _is_current(self, member: Member) -> bool:
        """Who is no longer in the settings is no operator any more."""
        return member.role is not Role.OPERATOR or member.address in self._operators

    def _is_taken(self, known: Iterable[Member], subject_id: str) -> bool:
        others = [member for member in known if member.subject_id not in {None, subject_id}]
        return any(self._is_current(member) for member in others)


def _preference(member: Member) -> tuple[bool, float]:
    seen = member.last_seen_at
    return member.role is Role.OPERATOR, seen.timestamp() if seen else 0.0
