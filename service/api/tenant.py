"""``/v1/tenant``: what the key's company has chosen."""

from typing import Annotated, Literal

from flask import Request, Response
from pydantic import Field

from service.access.api_key import Right
from service.access.tenant import Choices, Tenant, UncertainRule
from service.api.authentication import Caller
from service.api.ports import ApiPorts
from service.api.reading import read_query, read_small
from service.api.replies import reply, rfc3339
from service.api.schemas import RequestModel
from service.api.shapes import TenantAnswer
from service.errors import ForbiddenError, InvalidRequestError

_DAYS = frozenset({"content_days", "log_days"})


class TenantChoice(RequestModel):
    """What the company chooses; what is left out stays as it is."""

    uncertain_rule: Literal["hold", "resend"] | None = Field(
        default=None,
        description="What is done with mail whose fate no evidence has settled. `hold`: a person decides. "
        "`resend`: it is queued again, and somebody may get it twice. Needs a key for all connections.",
    )
    content_days: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="Days after the last try until text and attachments are deleted; `null` for what the "
        "operator has set. The most that the operator allows is told by `GET`. Needs a key with every right.",
    )
    log_days: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="The same for subject, recipients and timeline, which never go before the content.",
    )


class TenantViews:
    """The views of the key's tenant."""

    def __init__(self, ports: ApiPorts) -> None:
        self._tenants = ports.tenants
        self._retention = ports.retention

    def show(self, request: Request, caller: Caller) -> Response:
        """The key's tenant."""
        read_query(request)
        return reply(self._answer(self._tenants.get(caller.tenant_id)))

    def choose(self, request: Request, caller: Caller) -> Response:
        """Choose what is done with unclear mail, and how long mail is kept."""
        asked = read_small(request, TenantChoice)
        if caller.connection_ids is not None:
            raise ForbiddenError  # what is chosen here counts for the mail of every connection
        if _DAYS & asked.model_fields_set and not _may_forget(caller):
            raise ForbiddenError
        problems = list(self._retention.problems(asked.content_days, asked.log_days))
        if problems:
            raise InvalidRequestError(*problems)
        return reply(self._answer(self._tenants.choose(caller.tenant_id, **_choices(asked))))

    def _answer(self, tenant: Tenant) -> TenantAnswer:
        counts, most = self._retention.of(tenant), self._retention.most
        return {
            "object": "tenant",
            "id": tenant.id,
            "name": tenant.name,
            "uncertain_rule": tenant.uncertain_rule.value,
            "content_days": tenant.content_days,
            "log_days": tenant.log_days,
            "retention": {
                "content_days": counts.content_days,
                "log_days": counts.log_days,
                "content_days_most": most.content_days,
                "log_days_most": most.log_days,
            },
            "created_at": rfc3339(tenant.created_at),
        }


def _choices(asked: TenantChoice) -> Choices:
    choices: Choices = {}
    if asked.uncertain_rule is not None:
        choices["uncertain_rule"] = UncertainRule(asked.uncertain_rule)
    if "content_days" in asked.model_fields_set:
        choices["content_days"] = asked.content_days
    if "log_days" in asked.model_fields_set:
        choices["log_days"] = asked.log_days
    return choices


def _may_forget(caller: Caller) -> bool:
    """What deletes the mail of the whole company is an admin's, on the pages too."""
    return frozenset(Right) <= caller.key.rights
