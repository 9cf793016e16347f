"""Setting up a mailbox by app password or server of one's own; and the page that offers all ways."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.connections.connection import Connection
from service.connections.logins import NewLogin
from service.connections.ports import ProbeName, ProbeStep
from service.connections.providers import SERVERS
from service.delegation.report import StepResult
from service.errors import ChecksBusyError, InvalidRequestError, MailServerRefusedError, Problem
from service.web import live
from service.web.browser import Browser
from service.web.login_forms import FormKind, kept, read_login, told
from service.web.notices import Notice, Notices
from service.web.ports import WebPorts
from service.web.words import CHECK_RESULTS, PROBE_STEPS

_NOTICE = "signed_in"
_FIELD_OF = {FormKind.SERVER: {"/server": "host"}}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a login was not kept.

    Attributes:
        problems: what is wrong.
        fields: code of what is wrong, by the field that it stands at.
        passed: the steps at the mail server that went well.
        failed: the step that did not; ``None`` when the server was not asked.
        told: sentences that say more than the code's own, by field.
    """

    problems: tuple[Problem, ...]
    fields: Mapping[str, str]
    passed: tuple[ProbeName, ...] = ()
    failed: ProbeName | None = None
    told: Mapping[str, str] = field(default_factory=dict)


class LoginPages:
    """Asks, checks at the mail server, keeps."""

    def __init__(
        self,
        ports: WebPorts,
        browser: Browser,
        notices: Notices,
        mailbox: Callable[[Connection, Notice], str],
    ) -> None:
        """Make them; ``mailbox`` is the page of a mailbox with a notice on top."""
        self._ports = ports
        self._browser = browser
        self._notices = notices
        self._mailbox = mailbox

    def choose(self) -> str:
        """All ways to set up a mailbox."""
        _, tenant = self._browser.signed_in()
        return render_template("new.html", tenant=tenant)

    def ask(self, kind: str) -> str:
        """An empty form, or one for a way more of a mailbox that is there."""
        _, tenant = self._browser.signed_in()
        typed = kept({"connection_id": request.args.get("connection", "")})
        return _page(FormKind(kind), typed | self._known(tenant.id, typed["connection_id"]))

    def add(self, kind: str) -> Response | tuple[str, int]:
        """Check and keep; what is wrong is shown on the same page, without the password."""
        _, tenant = self._browser.signed_in()
        form, typed = FormKind(kind), kept(request.form)
        typed |= self._known(tenant.id, typed["connection_id"])
        try:
            new = read_login(form, tenant.id, {**request.form, **typed})
            if live.is_wanted():
                return watched(self._watched(form, typed, new))
            connection, steps = self._ports.logins.add(new)
        except (InvalidRequestError, ChecksBusyError) as error:
            return _refused(form, typed, error)
        self._notices.leave(_NOTICE, connection, [step.name for step in steps])
        return redirect(url_for("web.connection", connection_id=connection.id), 303)

    def _watched(
        self, form: FormKind, typed: Mapping[str, str], new: NewLogin
    ) -> Generator[ProbeStep, None, live.Outcome]:
        """As ``add``, step by step; the mailbox's own page ends it where all went well."""
        try:
            connection = yield from self._ports.logins.adding(new)
        except (InvalidRequestError, ChecksBusyError) as error:
            return live.Outcome(_refused(form, typed, error)[0])
        page = self._mailbox(connection, Notice(_NOTICE, connection, steps=tuple(ProbeName)))
        return live.Outcome(page, url_for("web.connection", connection_id=connection.id))

    def _known(self, tenant_id: str, connection_id: str) -> dict[str, str]:
        """What the mailbox settles already: its sender never changes."""
        if not connection_id:
            return {}
        connection = self._ports.connections.get(tenant_id, connection_id)
        return {"address": connection.address}


def _page(form: FormKind, typed: Mapping[str, str], refusal: Refusal | None = None) -> str:
    return render_template(
        f"new_{form.name.lower()}.html", kind=form.value, typed=typed, refusal=refusal, known_servers=SERVERS
    )


def _refused(
    form: FormKind, typed: Mapping[str, str], error: InvalidRequestError | ChecksBusyError
) -> tuple[str, int]:
    if isinstance(error, ChecksBusyError):
        return _page(form, typed, not_begun(error)), 429
    exact = told(error.problems, request.form.get("password", ""))
    return _page(form, typed, replace(refusal_of(form, error), told=exact)), 422


def refusal_of(form: FormKind, error: InvalidRequestError) -> Refusal:
    """What the page tells of an error, at which field."""
    names = _FIELD_OF.get(form, {})
    fields = {
        names.get(problem.pointer, problem.pointer.removeprefix("/")): problem.code
        for problem in error.problems
    }
    if not isinstance(error, MailServerRefusedError):
        return Refusal(error.problems, fields)
    order, failed = list(ProbeName), ProbeName(error.step)
    return Refusal(error.problems, fields, tuple(order[: order.index(failed)]), failed)


def watched(steps: Generator[ProbeStep, None, live.Outcome]) -> Response:
    """The answer that tells each step at the mail server; the one that fails is told by the page."""
    rows = [live.Row(PROBE_STEPS[name]) for name in ProbeName]
    return live.told(rows, steps, lambda _: CHECK_RESULTS[StepResult.OK])


def not_begun(error: ChecksBusyError) -> Refusal:
    """The page stays as it is, to be sent again in a moment."""
    return Refusal((Problem("", error.code, ""),), {})
