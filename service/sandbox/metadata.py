"""The metadata server of a Google machine: the identity of a workload that has no key file.

google-auth finds it by ``GCE_METADATA_HOST`` and ``GCE_METADATA_IP``, both ``127.0.0.1:PORT`` of the sandbox.
Source: docs.cloud.google.com/compute/docs/metadata (2026-11), and ``google.auth.compute_engine``.
"""

from flask import Blueprint, Response, abort, jsonify, request

from service.sandbox.accounts import PROJECT
from service.sandbox.google import WORKLOAD, Google
from service.sandbox.scopes import CLOUD

_FLAVOR = "Metadata-Flavor"


def create_metadata(google: Google) -> Blueprint:
    """The routes over one state."""
    blueprint = Blueprint("metadata", __name__, url_prefix="/computeMetadata/v1")
    desk = _Desk(google)
    blueprint.add_url_rule("/project/project-id", view_func=desk.project)
    blueprint.add_url_rule("/universe/universe-domain", view_func=desk.universe)
    blueprint.add_url_rule("/instance/service-accounts/<email>/", view_func=desk.identity)
    blueprint.add_url_rule("/instance/service-accounts/<email>/token", view_func=desk.token)
    blueprint.before_request(_require_flavor)
    blueprint.after_app_request(_show_flavor)
    return blueprint


class _Desk:
    def __init__(self, google: Google) -> None:
        self._google = google

    def project(self) -> Response:
        """The Cloud project."""
        return Response(PROJECT, content_type="application/text")

    def universe(self) -> Response:
        """Google's only public one."""
        return Response("googleapis.com", content_type="application/text")

    def identity(self, email: str) -> Response:
        """Who this machine is."""
        del email
        return jsonify(aliases=["default"], email=WORKLOAD, scopes=sorted(CLOUD))

    def token(self, email: str) -> Response:
        """A fresh access token of that identity."""
        del email
        self._google.counters.add("metadata:token")
        token = self._google.tokens.issue_access(WORKLOAD, "workload", CLOUD)
        expires_in = self._google.tokens.lifetime_s
        return jsonify(access_token=token, expires_in=expires_in, token_type="Bearer")  # noqa: S106


def _require_flavor() -> None:
    """A browser that was lured here cannot set this header."""
    if request.headers.get(_FLAVOR) != "Google":
        abort(403)


def _show_flavor(answer: Response) -> Response:
    """Whoever asks with the header, also at ``/``, learns that this is a metadata server."""
    if request.headers.get(_FLAVOR) == "Google":
        answer.headers[_FLAVOR] = "Google"
    return answer
