"""``/v1/domains``: by which records receivers tell a company's mail from a forger's."""

from typing import Literal

from flask import Request, Response
from typing_extensions import TypedDict  # pydantic reads these shapes; before Python 3.12 it needs this one

from service.api.authentication import Caller
from service.api.faults import InvalidQueryError
from service.api.ports import ApiPorts
from service.api.reading import read_query
from service.api.replies import language, reply
from service.api.sentences import advised
from service.api.shapes import AdviceAnswer
from service.domains.dkim import is_selector
from service.domains.own import own_domains
from service.domains.report import Finding, Record, Result, Subject
from service.errors import ForbiddenError, NotFoundError, Problem


class RecordAnswer(TypedDict):
    """A record in the DNS, as the keeper of the domain enters it."""

    name: str
    type: Literal["TXT"]
    value: str


class FindingAnswer(AdviceAnswer):
    """What receivers find of one subject; the texts are those of its code."""

    subject: Subject
    result: Result
    found: RecordAnswer | None
    wanted: RecordAnswer | None


class DomainCheckAnswer(TypedDict):
    """SPF, DKIM and DMARC of one domain."""

    object: Literal["domain_check"]
    domain: str
    findings: list[FindingAnswer]


class Domains:
    """The view of domains. A key for some connections may not use it: they are the whole company's."""

    def __init__(self, ports: ApiPorts) -> None:
        self._ports = ports

    def check(self, request: Request, caller: Caller, domain: str) -> Response:
        """Look up SPF, DKIM and DMARC of a sender's domain."""
        if caller.connection_ids is not None:
            raise ForbiddenError
        selector = read_query(request, "selector").get("selector")
        if domain.lower() not in self._own(caller.tenant_id):
            raise NotFoundError("domain")
        if selector is not None and not is_selector(selector):
            raise InvalidQueryError(Problem("selector", "invalid-value", "This cannot be a selector."))
        report = self._ports.domain_check.run(caller.tenant_id, domain.lower(), selector)
        answer: DomainCheckAnswer = {
            "object": "domain_check",
            "domain": report.domain,
            "findings": [_finding(one) for one in report.findings],
        }
        return reply(answer)

    def _own(self, tenant_id: str) -> list[str]:
        return own_domains(
            self._ports.connections.of_tenant(tenant_id), self._ports.delegations.all(tenant_id)
        )


def _finding(finding: Finding) -> FindingAnswer:
    return {
        **advised(finding.code, language()),
        "subject": finding.subject,
        "result": finding.result,
        "found": _record(finding.found),
        "wanted": _record(finding.wanted),
    }


def _record(record: Record | None) -> RecordAnswer | None:
    return None if record is None else {"name": record.name, "type": "TXT", "value": record.value}
