"""What a company chooses for itself, and what the operator has set."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.access.retention import RetentionLimits
from service.access.tenant import Tenant, UncertainRule, read_name
from service.connections.connection import AccountKind
from service.errors import InvalidRequestError, PreconditionFailedError, Problem
from service.identifiers import version_of
from service.settings import Settings
from service.web.browser import Browser
from service.web.ports import WebPorts
from service.web.told import Done, Told

_DAYS = re.compile(r"[0-9]{1,5}\Z")


class SettingsPages:
    """Shows and keeps."""

    def __init__(self, ports: WebPorts, browser: Browser, told: Told) -> None:
        self._ports = ports
        self._browser = browser
        self._told = told

    def show(self) -> str:
        """What is chosen now."""
        _, tenant = self._browser.signed_in()
        return self._page(tenant, _typed(tenant))

    def save(self) -> Response | tuple[str, int]:
        """Keep the choice, or show what is wrong with it."""
        _, tenant = self._browser.signed_in()
        typed = {name: request.form.get(name, "").strip() for name in _typed(tenant)}
        try:
            self._keep(tenant, typed)
        except InvalidRequestError as error:
            return self._page(tenant, typed, error.problems), 422
        except PreconditionFailedError as error:
            kept = self._ports.tenants.get(tenant.id)
            if typed != _typed(kept):  # else it was this form, sent twice
                return self._page(kept, _typed(kept), conflict=error.code), 409
        self._told.leave(Done.SAVED)
        return redirect(url_for("web.settings"), 303)

    def limits(self) -> str:
        """What Google and the operator allow, and how much of it is used."""
        _, tenant = self._browser.signed_in()
        settings = self._ports.settings
        return render_template(
            "limits.html",
            connections=self._ports.connections.of_tenant(tenant.id),
            usage=self._ports.connections.usage(tenant.id, self._ports.clock.now()),
            limits=_limits(settings),
            settings=settings,
            give_up=timedelta(seconds=settings.give_up_s),
        )

    def _keep(self, seen: Tenant, typed: Mapping[str, str]) -> None:
        if request.form.get("version") != version_of(seen):
            raise PreconditionFailedError
        self._ports.tenants.change(_chosen(seen, typed, self._ports.retention), seen)

    def _page(
        self,
        tenant: Tenant,
        typed: Mapping[str, str],
        problems: tuple[Problem, ...] = (),
        conflict: str | None = None,
    ) -> str:
        return render_template(
            "settings.html",
            typed=typed,
            version=version_of(tenant),
            problems=problems,
            conflicts=[conflict] if conflict else [],
            fields={each.pointer.removeprefix("/"): each.code for each in problems},
            retention=self._ports.retention,
            counts=self._ports.retention.of(tenant),
        )


def _limits(settings: Settings) -> list[tuple[AccountKind, tuple[int, int, int]]]:
    """Messages, recipients and external recipients in 24 hours by kind of account; 0 is no limit."""
    return [
        (AccountKind.CONSUMER, (settings.limit_consumer_messages, settings.limit_consumer_recipients, 0)),
        (
            AccountKind.WORKSPACE,
            (
                settings.limit_workspace_messages,
                settings.limit_workspace_recipients,
                settings.limit_workspace_external_recipients,
            ),
        ),
        (AccountKind.RELAY, (settings.limit_relay_messages, settings.limit_relay_recipients, 0)),
        (AccountKind.OTHER, (settings.limit_other_messages, 0, 0)),
    ]


def _typed(tenant: Tenant) -> dict[str, str]:
    return {
        "name": tenant.name,
        "uncertain_rule": tenant.uncertain_rule.value,
        "content_days": str(tenant.content_days or ""),
        "log_days": str(tenant.log_days or ""),
    }


def _chosen(tenant: Tenant, typed: Mapping[str, str], limits: RetentionLimits) -> Tenant:
    """The tenant as it shall be.

    Raises:
        InvalidRequestError: with every faulty field.
    """
    content_days, log_days = (_days(typed[name]) for name in ("content_days", "log_days"))
    faults = [*_faults(typed), *limits.problems(content_days, log_days)]
    if faults:
        raise InvalidRequestError(*faults)
    return replace(
        tenant,
        name=read_name(typed["name"]),
        uncertain_rule=UncertainRule(typed["uncertain_rule"]),
        content_days=content_days,
        log_days=log_days,
    )


def _days(text: str) -> int | None:
    """What was typed; what is no number is out of any range."""
    if not text:
        return None
    return int(text) if _DAYS.match(text) else 0


def _faults(typed: Mapping[str, str]) -> Iterator[Problem]:
    if not typed["name"]:
        yield Problem("/name", "required", "")
    else:
        yield from _name_faults(typed["name"])
    if typed["uncertain_rule"] not in set(UncertainRule):
        yield Problem("/uncertain_rule", "invalid-choice", "")


def _name_faults(name: str) -> tuple[Problem, ...]:
    try:
        read_name(name)
    except InvalidRequestError as error:
        return error.problems
    return ()
