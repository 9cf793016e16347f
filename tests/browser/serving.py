"""A WSGI application as a server on this machine."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.serving import make_server


@contextmanager
def served(application: WSGIApplication, port: int = 0) -> Iterator[str]:
    """A server on this machine, by default on a free port; answers its address."""
    server = make_server("127.0.0.1", port, _closing(application), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _closing(application: WSGIApplication) -> WSGIApplication:
    """Closes each answer once it is read; werkzeug's server leaves a file open when the browser has gone."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        with ExitStack() as stack:
            pieces = application(environ, start_response)
            stack.callback(getattr(pieces, "close", lambda: None))
            yield from pieces

    return answer
