"""Who may sign in with a Google account, beside those whom a tenant's admins have added."""

import re

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from service.settings.words import DOMAIN_OF_TENANT, listed

_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+")


class People(BaseSettings):
    """Part of ``Settings``."""

    operators: str = Field(
        default="",
        description="Addresses of the Google accounts that see every tenant: anna@muster.de, ….",
    )
    sign_in_domains: str = Field(
        default="",
        description="Workspace domains whose people sign in as members without being added, and the tenant "
        "of each: muster.de=ten_…, other.de=ten_….",
    )

    @field_validator("operators")
    @classmethod
    def _operators(cls, value: str) -> str:
        if not all(_ADDRESS.fullmatch(address) for address in listed(value)):
            raise ValueError("must read anna@muster.de, ben@muster.de")
        return value

    @field_validator("sign_in_domains")
    @classmethod
    def _domains(cls, value: str) -> str:
        if not all(DOMAIN_OF_TENANT.fullmatch(pair) for pair in listed(value)):
            raise ValueError("must read muster.de=ten_…, other.de=ten_…")
        return value

    @property
    def operator_addresses(self) -> frozenset[str]:
        """The operators, in lower case."""
        return frozenset(address.lower() for address in listed(self.operators))

    @property
    def tenant_of_sign_in_domain(self) -> dict[str, str]:
        """Whose members the people of a Workspace domain become."""
        pairs = (pair.partition("=") for pair in listed(self.sign_in_domains))
        return {domain: tenant_id for domain, _, tenant_id in pairs}
