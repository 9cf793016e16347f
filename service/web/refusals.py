"""Errors become pages: one title, one sentence, one next step, one code."""

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import (
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
)

from service.catalogue import CATALOGUE
from service.errors import (
    ConflictError,
    ConsentDeniedError,
    ConsentError,
    InvalidRequestError,
    LinkError,
    MessageTooLargeError,
    NotAdmittedError,
    NotFoundError,
    OtherAccountError,
    ServiceError,
    StorageError,
    TokenEndpointUnavailableError,
    TokenError,
    WrongAccountError,
)
from service.google.consent_replies import consent_code
from service.web.browser import Browser, FormExpiredError, NotSignedInError
from service.web.ports import WebPorts
from service.web.problems import advice, chapters
from service.web.retrial import Retrial

# RFC 9110 §15.5 and §15.6; the first match counts.
_STATUS: tuple[tuple[type[ServiceError], int], ...] = (
    (NotFoundError, 404),
    (LinkError, 404),
    (FormExpiredError, 400),
    (NotSignedInError, 403),
    (ConsentDeniedError, 403),
    (NotAdmittedError, 403),
    (OtherAccountError, 403),
    (ConsentError, 400),
    (ConflictError, 409),
    (InvalidRequestError, 422),
    (MessageTooLargeError, 413),
    (TokenError, 502),
    (StorageError, 503),
)
_CODES: dict[type[HTTPException], str] = {
    NotFound: "not-found",
    RequestEntityTooLarge: "form-too-large",
}
_NAMES_AN_ACCOUNT = (WrongAccountError, NotAdmittedError, OtherAccountError)
Page = tuple[str, int]


class Refusals:
    """Turns what the rooms raise into pages."""

    def __init__(self, ports: WebPorts, browser: Browser, retrial: Retrial) -> None:
        self._browser = browser
        self._client_id = ports.client_id
        self._redirect_uri = ports.settings.redirect_uri
        self._retrial = retrial

    def register(self, blueprint: Blueprint) -> None:
        """Catch what this blueprint's views raise."""
        blueprint.register_error_handler(ServiceError, self.expected)
        blueprint.register_error_handler(HTTPException, self.http)
        blueprint.register_error_handler(InternalServerError, self.broken)

    def expected(self, error: ServiceError) -> Page:
        """A page for an error of ours."""
        if isinstance(error, StorageError):
            self._browser.look_no_further()
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        return self._page(
            _code(error),
            status,
            error=error if isinstance(error, _NAMES_AN_ACCOUNT) else None,
            retrial=self._retrial.wanted() if isinstance(error, ConsentError | TokenError) else None,
        )

    def http(self, error: HTTPException) -> Page:
        """A page for what Flask itself refuses."""
        return self._page(_CODES.get(type(error), "bad-request"), error.code or 400)

    def broken(self, _error: InternalServerError) -> Page:
        """A page for a fault of ours; Flask has written the trace to the log."""
        self._browser.look_no_further()
        return self._page("internal", 500)

    def unmatched(self, answer: Response) -> Response:
        """Our own page for an address that there is not; below ``/v1`` the API has answered already."""
        if request.url_rule is not None or answer.mimetype != "text/html":
            return answer
        code = {NotFound.code: "not-found", MethodNotAllowed.code: "bad-request"}.get(answer.status_code)
        if code is None:
            return answer
        try:
            page, _ = self._page(code, answer.status_code)
        except StorageError:  # an address that there is not needs no database to be told so
            self._browser.look_no_further()
            page, _ = self._page(code, answer.status_code)
        answer.set_data(page)
        return answer

    def explain(self, code: str) -> str:
        """The page that the API's problems point to: what a code means. Unknown codes are not found."""
        if code not in CATALOGUE:
            raise NotFoundError("problem")
        return render_template("explain.html", code=code, advice=advice(code))

    def explain_all(self) -> str:
        """The help page: every code, each at its own anchor."""
        return render_template("problems.html", chapters=list(chapters()))

    def _page(self, code: str, status: int, **facts: object) -> Page:
        page = render_template(
            "problem.html",
            code=code,
            advice=advice(code),
            client_id=self._client_id,
            redirect_uri=self._redirect_uri,
            **facts,
        )
        return page, status


def _code(error: ServiceError) -> str:
    if isinstance(error, ConsentDeniedError):
        return consent_code(error.reason)
    if isinstance(error, TokenEndpointUnavailableError):
        return "google-unavailable"  # here a person waits, not a mail that is tried again by itself
    return error.code
