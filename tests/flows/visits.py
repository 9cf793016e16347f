"""People in browsers before a running service: its answers are kept, and each secret that it gives out.

A secret is cut out of one kind of answer alone: the one that is meant to show it this one time, and the page
at a link's own address, which only who has the link can open.
"""

import re
from dataclasses import dataclass, field

import requests

LOGIN = r"/login/([\w-]{43})"
CONNECT = r"/connect/([\w-]{43})"
WIZARD = r"/workspace/link/([\w-]{43})"
API_KEY = r"(pa_live_\w+)"
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


@dataclass
class Visits:
    """All that happened.

    Attributes:
        secrets: by what each one is.
        answers: bodies and redirects.
    """

    url: str
    secrets: dict[str, str] = field(default_factory=dict)
    answers: list[bytes] = field(default_factory=list)

    def keep(self, answer: requests.Response, shows: str = "") -> requests.Response:
        """Keep an answer, without the one secret that it is meant to show."""
        text = f"{answer.status_code} {answer.headers.get('Location')}\n{answer.text}"
        self.answers.append((text.replace(shows, "") if shows else text).encode())
        return answer

    def given(self, name: str, pattern: str, answer: requests.Response) -> str:
        """The secret that an answer gives out, this one time."""
        found = re.search(pattern, answer.text)
        assert found is not None, answer.text
        self.secrets[name] = found[1]
        self.keep(answer, shows=found[1])
        return found[1]

    def call(self, method: str, path: str, api_key: str, **more: object) -> requests.Response:
        """A request of a program; its answer is not kept yet."""
        head = {"Authorization": f"Bearer {api_key}"}
        return requests.request(method, self.url + path, headers=head, timeout=30, **more)  # type: ignore[arg-type]  # of ``requests``


class Person:
    """One browser."""

    def __init__(self, visits: Visits, name: str) -> None:
        self._visits = visits
        self._name = name
        self._http = requests.Session()

    def get(self, path: str, shows: str = "") -> requests.Response:
        """Open a page."""
        return self._visits.keep(self._send("GET", path), shows)

    def press(self, path: str, shows: str = "", **fields: str) -> requests.Response:
        """Send a form as a page of ours would."""
        return self._visits.keep(self.pressed(path, **fields), shows)

    def pressed(self, path: str, **fields: str) -> requests.Response:
        """The same, for an answer that gives a secret out: it is not kept yet."""
        found = _TOKEN.search(self.get("/problems/not-found").text)
        assert found is not None
        answer = self._send("POST", path, data={"form_token": found[1], **fields})
        self._visits.secrets[f"cookie of {self._name}"] = self._http.cookies["postausgang"]
        return answer

    def follow(self, path: str, secret: str) -> requests.Response:
        """Open a link and press its button; a second time it is worth nothing, also without a token."""
        assert self.get(path + secret, shows=secret).status_code == 200
        entered = self.press(path + secret)
        assert entered.status_code == 303
        self.get(f"{path}{secret}x", shows=secret)
        self._visits.keep(self._send("POST", path + secret), shows=secret)
        return entered

    def _send(self, method: str, path: str, **more: object) -> requests.Response:
        return self._http.request(
            method,
            self._visits.url + path,
            allow_redirects=False,
            timeout=30,
            **more,  # type: ignore[arg-type]  # of ``requests``
        )
