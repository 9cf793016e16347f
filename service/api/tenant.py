"""``/v1/tenant``: what the key's company has chosen."""

from flask import Request, Response

from service.access.tenant import Tenant, UncertainRule
from service.api.authentication import Caller
from service.api.ports import ApiPorts
from service.api.reading import read_query, read_small
from service.api.replies import reply, rfc3339
from service.api.schemas import TenantChoice
from service.api.shapes import TenantAnswer


class TenantViews:
    """The views of the key's tenant."""

    def __init__(self, ports: ApiPorts) -> None:
        self._tenants = ports.tenants

    def show(self, request: Request, caller: Caller) -> Response:
        """The key's tenant."""
        read_query(request)
        return reply(_answer(self._tenants.get(caller.tenant_id)))

    def choose(self, request: Request, caller: Caller) -> Response:
        """Choose what is done with mail whose fate no evidence has settled."""
        rule = UncertainRule(read_small(request, TenantChoice).uncertain_rule)
        return reply(_answer(self._tenants.set_uncertain_rule(caller.tenant_id, rule)))


def _answer(tenant: Tenant) -> TenantAnswer:
    return {
        "object": "tenant",
        "id": tenant.id,
        "name": tenant.name,
        "uncertain_rule": tenant.uncertain_rule.value,
        "created_at": rfc3339(tenant.created_at),
    }
