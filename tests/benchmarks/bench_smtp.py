"""SMTP submission of ready mails over one warm TLS connection: ours, ``smtplib``, nodemailer's pool.

All send to the same lean sink in another process, in one run. CPU, rate with a 50 ms round trip, round
trips (the slope between two delays) and system calls.
"""

import base64
import random
import shutil
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from pydantic import SecretStr

from service.smtp.kept import Account
from service.smtp.pool import SessionPool
from service.smtp.sasl import Plain
from service.smtp.session import Server
from service.smtp.submission import Submission
from tests.benchmarks.delay import delayed
from tests.benchmarks.nodemailer import Nodemailer
from tests.benchmarks.smtp_sink import smtp_sink

ROUNDS = 5
MAILS = 100
DELAYED_MAILS = 20
SIZES = (20_000, 200_000)
ROUND_TRIP_MS = 50
SENDER, RECIPIENT, PASSWORD = "rechnung@muster.example", "kunde@example.com", "abcdefghijklmnop"
GOALS = (
    "goals: CPU at 200 kB <= 0.25 × smtplib, <= 0.2 × nodemailer; rate >= 3.5 × smtplib, >= 1.8 × nodemailer;"
    " 1 trip; <= 10 system calls"
)
Send = Callable[[], None]


def run() -> None:
    """Print the tables."""
    print("\nSMTP: ready mails over one warm TLS connection to a lean sink in another process")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peer = Nodemailer.install(folder)
        with smtp_sink(folder) as port:
            print(f"{'CPU µs per mail':16}{'ours':>8}{'smtplib':>9}{'nodemailer':>12}{'ratios':>14}")
            for size in SIZES:
                _cpu(folder, port, size, peer)
            head = f"{ROUND_TRIP_MS} ms round trip: mails/s"
            print(f"{head}{'ours':>9}{'smtplib':>9}{'nodemailer':>12}{'ratios':>14}")
            for size in SIZES:
                _rate(folder, port, size, peer)
            print(f"round trips a mail: {_trips(folder, port):.2f}")
            _system_calls(folder, port)
    print(GOALS)


def _cpu(folder: Path, port: int, size: int, peer: Nodemailer | None) -> None:
    mail = _mail(size)
    with ExitStack() as stack:
        ways = {"ours": _ours(stack, folder, port, mail), "smtplib": _smtplib(stack, folder, port, mail)}
        costs: dict[str, list[float]] = {"ours": [], "smtplib": [], "peer": []}
        for _ in range(ROUNDS):
            for name, send in ways.items():
                costs[name].append(_cpu_us(send))
            if peer is not None:
                cost = peer.send_raw(port, _ca(folder), _raw(folder, mail), mails=MAILS * 3)
                costs["peer"].append(cost.cpu_us)
    ours, others = median(costs["ours"]), [median(costs[name]) for name in ("smtplib", "peer") if costs[name]]
    print(f"{size // 1000:13} kB{ours:8.0f}{_columns(others, 0)}{_ratios(ours / other for other in others)}")


def _rate(folder: Path, port: int, size: int, peer: Nodemailer | None) -> None:
    mail = _mail(size)
    with ExitStack() as stack:
        slow = stack.enter_context(delayed(port, ROUND_TRIP_MS))
        ours = 1 / _seconds(_ours(stack, folder, slow, mail))
        others = [1 / _seconds(_smtplib(stack, folder, slow, mail))]
        if peer is not None:
            others.append(
                1 / peer.send_raw(slow, _ca(folder), _raw(folder, mail), mails=DELAYED_MAILS).seconds
            )
    print(f"{size // 1000:24} kB{ours:9.1f}{_columns(others, 1)}{_ratios(ours / other for other in others)}")


def _trips(folder: Path, port: int) -> float:
    """How much longer a mail takes when the round trip is 60 ms longer, in round trips."""
    seconds = []
    for round_trip_ms in (20, 80):
        with ExitStack() as stack:
            slow = stack.enter_context(delayed(port, round_trip_ms))
            seconds.append(_seconds(_ours(stack, folder, slow, _mail(SIZES[0]))))
    return (seconds[1] - seconds[0]) / 0.06


def _system_calls(folder: Path, port: int) -> None:
    """The difference between two runs of different length, each in a process of its own."""
    if shutil.which("strace") is None:
        print("system calls: left out, strace is not installed")
        return
    for size in SIZES:
        counts = [_traced(folder, port, size, mails) for mails in (50, 250)]
        print(f"system calls a mail of {size // 1000} kB: {(counts[1] - counts[0]) / 200:.1f}")


def _traced(folder: Path, port: int, size: int, mails: int) -> int:
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.bench_smtp",
        str(folder),
        str(port),
        str(size),
        str(mails),
    ]
    log = folder / "calls.txt"
    subprocess.run(["strace", "-f", "-c", "-o", str(log), *command], check=True)
    # Share, seconds, µs a call, calls, perhaps errors, "total".
    return int(log.read_text().splitlines()[-1].split()[3])


def _cpu_us(send: Send) -> float:
    send()
    begun = time.process_time()
    for _ in range(MAILS):
        send()
    return (time.process_time() - begun) / MAILS * 1e6


def _seconds(send: Send) -> float:
    """The clock's time of one mail, after two that warm the connection up."""
    for _ in range(2):
        send()
    begun = time.perf_counter()
    for _ in range(DELAYED_MAILS):
        send()
    return (time.perf_counter() - begun) / DELAYED_MAILS


def _ours(stack: ExitStack, folder: Path, port: int, mail: bytes) -> Send:
    pool = SessionPool(ca_file=_ca(folder))
    stack.callback(pool.close)
    login = Plain(SENDER, SecretStr(PASSWORD))
    account = Account("pwd_1", Server("localhost", port), login, "mail.muster.example")

    def read() -> Iterator[bytes]:
        yield mail

    submission = Submission(SENDER, (RECIPIENT,), len(mail), read, lambda: None)
    return lambda: _must_be_taken(pool.send(account, submission).reply.code)


def _smtplib(stack: ExitStack, folder: Path, port: int, mail: bytes) -> Send:
    context = ssl.create_default_context(cafile=str(_ca(folder)))
    client = stack.enter_context(smtplib.SMTP_SSL("localhost", port, context=context))
    client.login(SENDER, PASSWORD)

    def send() -> None:
        if client.sendmail(SENDER, [RECIPIENT], mail):
            raise AssertionError("not sent")

    return send


def _mail(size_bytes: int) -> bytes:
    lines = base64.encodebytes(random.Random(1).randbytes(size_bytes * 3 // 4)).replace(b"\n", b"\r\n")
    return b"From: a@muster.example\r\nTo: b@example.com\r\nSubject: Rechnung\r\n\r\n" + lines


def _raw(folder: Path, mail: bytes) -> Path:
    path = folder / f"{len(mail)}.eml"
    path.write_bytes(mail)
    return path


def _ca(folder: Path) -> Path:
    return folder / "certificate.pem"


def _columns(values: list[float], digits: int) -> str:
    return "".join(f"{value:{width}.{digits}f}" for value, width in zip(values, (9, 12), strict=False))


def _ratios(ratios: Iterator[float]) -> str:
    return "".join(f"{ratio:8.2f}" for ratio in ratios)


def _must_be_taken(code: int) -> None:
    if code != 250:
        raise AssertionError(code)


def _send_many(folder: Path, port: int, size: int, mails: int) -> None:
    with ExitStack() as stack:
        send = _ours(stack, folder, port, _mail(size))
        for _ in range(mails):
            send()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _send_many(Path(sys.argv[1]), *map(int, sys.argv[2:5]))
    else:
        run()
