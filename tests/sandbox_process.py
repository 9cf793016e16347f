"""The sandbox as a process of its own, so that its work and its life are apart from the service's.

``python -m tests.sandbox_process`` prints its address, then answers each line of redirect URIs (JSON) with
the client file for them, and ends with its standard input.
"""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from service.sandbox.server import Sandbox


class SandboxProcess:
    """Looks to an ``Installation`` like a ``Sandbox``."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str]
        self.url = ""
        self.smtps_port = self.submission_port = self.relay_port = 0
        self.ca_path = Path()
        self.ca_pem = b""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sandbox_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self._read()
        smtp = requests.get(f"{self.url}/sandbox/smtp", timeout=30).json()
        self.smtps_port, self.submission_port, self.relay_port = (
            smtp["ports"][name] for name in ("smtps", "submission", "relay")
        )
        self.ca_path = Path(smtp["ca_path"])
        self.ca_pem = self.ca_path.read_bytes()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def client_file(self, redirect_uris: list[str]) -> dict[str, Any]:
        """Google's client file for these redirect URIs."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(redirect_uris) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._read())
        return answer

    def sent(self) -> list[dict[str, Any]]:
        """Every mail that the sandbox took, by its own count."""
        answer: list[dict[str, Any]] = requests.get(f"{self.url}/sandbox/sent", timeout=60).json()
        return answer

    def accepted(self) -> int:
        """How many mails the sandbox took; cheap enough to ask all the time."""
        return self.counters().get("accepted", 0)

    def app_password(self, address: str) -> str:
        """A fresh app password of an account."""
        password: str = self.order("app-passwords", account=address)["password"]
        return password

    def service_account(self) -> dict[str, str]:
        """A fresh service account's key file."""
        file: dict[str, str] = self.order("service-accounts")
        return file

    def delegate(self, domain: str, client_id: str, scopes: list[str]) -> None:
        """Enter a client in a domain's delegation list."""
        self.order("delegations", domain=domain, client_id=client_id, scopes=scopes)

    def order(self, path: str, **order: Any) -> Any:
        """Any other order of the control API, such as ``order("relay", deny=["127.0.0.1"])``."""
        answer = requests.post(f"{self.url}/sandbox/{path}", json=order, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def counters(self) -> dict[str, int]:
        """How often each thing happened, such as ``smtp:round_trips`` and ``smtp:connections``."""
        counters: dict[str, int] = requests.get(f"{self.url}/sandbox/counters", timeout=60).json()
        return counters

    def arm(self, fault: str, *, account: str = "*", where: str | None = None, seconds: float = 60) -> None:
        """Let something go wrong from now on, until ``clear_faults``."""
        place = {} if where is None else {"where": where}
        self.order("faults", fault=fault, account=account, times=None, seconds=seconds, **place)

    def clear_faults(self) -> None:
        """Let nothing more go wrong."""
        requests.delete(f"{self.url}/sandbox/faults", timeout=30).raise_for_status()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def main() -> None:
    """Run until standard input ends."""
    with Sandbox() as sandbox:
        print(sandbox.url, flush=True)
        for line in sys.stdin:
            print(json.dumps(sandbox.client_file(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
