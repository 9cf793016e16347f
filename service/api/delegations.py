"""``/v1/delegations``: a Workspace admin's one set-up for a list of senders."""

from collections.abc import Iterable

from flask import Request, Response

from service.api.authentication import Caller
from service.api.delegation_schemas import CheckDelegation, NewDelegation, NewSenders
from service.api.delegation_shapes import (
    CheckStepAnswer,
    DelegationAnswer,
    DelegationCheckAnswer,
    DelegationListAnswer,
    SenderAnswer,
    SenderChangeAnswer,
    SenderCheckAnswer,
)
from service.api.ports import ApiPorts
from service.api.reading import check_id, must_match, read_query, read_small
from service.api.replies import language, reply, rfc3339, rfc3339_or_none
from service.api.sentences import advised
from service.catalogue import ADMIN_PATH
from service.connections.connection import Connection
from service.connections.delegation import Delegation, SenderChange, SenderCheck
from service.delegation.report import Report, Step
from service.errors import ForbiddenError
from service.identifiers import version_of


class Delegations:
    """The views of delegations. A key for some connections may not use them: they make connections."""

    def __init__(self, ports: ApiPorts) -> None:
        self._setup = ports.delegations
        self._check = ports.delegation_check

    def add(self, request: Request, caller: Caller) -> Response:
        """Set up domain-wide delegation, and connect its senders."""
        _check_whole(caller)
        asked = read_small(request, NewDelegation)
        if asked.key is not None:
            change = self._setup.add_with_key(caller.tenant_id, asked.key, asked.wanted, caller.actor)
        else:
            account = (asked.account or "", asked.client_id or "")
            change = self._setup.add_keyless(caller.tenant_id, account, asked.wanted, caller.actor)
        headers = (("Location", f"/v1/delegations/{change.delegation.id}"),)
        return reply(_change_answer(change), 201, headers=headers)

    def list(self, request: Request, caller: Caller) -> Response:
        """All set-ups of domain-wide delegation."""
        _check_whole(caller)
        read_query(request)
        answer: DelegationListAnswer = {
            "object": "list",
            "has_more": False,
            "data": [_answer(one) for one in self._setup.all(caller.tenant_id)],
        }
        return reply(answer)

    def get(self, _request: Request, caller: Caller, delegation_id: str) -> Response:
        """One set-up, with what the admin pastes into the console."""
        delegation = self._setup.get(caller.tenant_id, _allowed(caller, delegation_id))
        answer = reply(_answer(delegation))
        answer.set_etag(version_of(sorted(delegation.senders)))
        return answer

    def verify(self, request: Request, caller: Caller, delegation_id: str) -> Response:
        """Ask Google for a token of each scope, and tell step by step what works."""
        wanted = _allowed(caller, delegation_id)
        sender = read_small(request, CheckDelegation, may_be_empty=True).sender
        report = self._check.run(caller.tenant_id, wanted, sender.key if sender else None)
        return reply(_check_answer(report))

    def set_senders(self, request: Request, caller: Caller, delegation_id: str) -> Response:
        """Replace the list of senders; who is no longer in it stops at once."""
        wanted = _allowed(caller, delegation_id)
        senders = read_small(request, NewSenders).senders
        now = self._setup.get(caller.tenant_id, wanted).senders
        seen = now if must_match(request, version_of(sorted(now))) else None
        change = self._setup.set_senders(caller.tenant_id, wanted, senders, caller.actor, seen)
        return reply(_change_answer(change))

    def remove(self, _request: Request, caller: Caller, delegation_id: str) -> Response:
        """Forget the key, and stop all its senders."""
        wanted = _allowed(caller, delegation_id)
        return reply(_change_answer(self._setup.remove(caller.tenant_id, wanted, caller.actor)))


def _check_whole(caller: Caller) -> None:
    if caller.connection_ids is not None:
        raise ForbiddenError


def _allowed(caller: Caller, delegation_id: str) -> str:
    _check_whole(caller)
    return check_id("dlg", delegation_id)


def _answer(delegation: Delegation) -> DelegationAnswer:
    return {
        "object": "delegation",
        "id": delegation.id,
        "account": delegation.account,
        "client_id": delegation.client_id,
        "key_id": delegation.key_id,
        "keyless": delegation.is_keyless,
        "senders": sorted(delegation.senders),
        "domains": sorted(delegation.domains),
        "scopes": sorted(delegation.scopes),
        "admin_console_path": ADMIN_PATH.in_language(language()),
        "scopes_to_paste": ",".join(sorted(delegation.scopes)),
        "code": delegation.code,
        "checked_at": rfc3339_or_none(delegation.checked_at),
        "checks": [_sender_check(check) for check in delegation.checks],
        "created_at": rfc3339(delegation.created_at),
    }


def _sender_check(check: SenderCheck) -> SenderCheckAnswer:
    return {
        **advised(check.code, language()),
        "sender": check.sender,
        "ready": check.code is None,
        "checked_at": rfc3339(check.at),
    }


def _change_answer(change: SenderChange) -> SenderChangeAnswer:
    return {
        **_answer(change.delegation),
        "made": _senders(change.made),
        "removed": _senders(change.removed),
    }


def _senders(connections: Iterable[Connection]) -> list[SenderAnswer]:
    return [
        {"connection": one.id, "address": one.address, "status": one.status, "code": one.status_code}
        for one in connections
    ]


def _check_answer(report: Report) -> DelegationCheckAnswer:
    return {
        **_answer(report.delegation),
        "sender": report.sender,
        "ready": report.code is None,
        "steps": [_step(step) for step in report.steps],
    }


def _step(step: Step) -> CheckStepAnswer:
    return {
        **advised(step.code, language()),
        "name": step.name,
        "result": step.result,
        "scope": step.scope,
    }
