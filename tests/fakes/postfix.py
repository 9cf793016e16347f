"""A private Postfix: submission on loopback, recipients that it refuses, a maildir for the others."""

import os
import pwd
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from service.smtp.session import Server
from tests.fakes.daemons import open_folder, program, running
from tests.harness import free_port

_T = TypeVar("_T")
DOMAIN = "example.com"
REFUSALS = {
    "busy": "451 4.3.0 try again later",
    "full": "452 4.2.2 mailbox full",
    "gone": "550 5.1.1 no such user",
}
SIZE_LIMIT_BYTES = 35_882_577  # Gmail's
_ARRIVAL_S = 60
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = localhost
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
message_size_limit = {size}
smtpd_forbid_bare_newline = reject
smtpd_forbid_bare_newline_exclusions =
smtpd_tls_chain_files = {certificates}/key.pem, {certificates}/certificate.pem
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access texthash:{folder}/etc/refused
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/inboxes
virtual_mailbox_maps = static:all/
virtual_mailbox_limit = 0
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""
_ENCRYPTED = "smtpd_sasl_auth_enable=yes", "smtpd_client_restrictions=permit_sasl_authenticated,reject"
_IMPLICIT = (*_ENCRYPTED, "smtpd_tls_wrappermode=yes")
_STARTTLS = (*_ENCRYPTED, "smtpd_tls_security_level=encrypt")
_NO_BDAT = ("smtpd_discard_ehlo_keywords=chunking",)
_NO_PIPELINE = ("smtpd_discard_ehlo_keywords=chunking,pipelining",)
_SERVICES = """
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """One running Postfix.

    Attributes:
        bdat, data, step_by_step: TLS from the first byte; all it can, without CHUNKING, without both.
        bdat_starttls, data_starttls: the same behind STARTTLS.
        relay: takes mail in clear text and from anybody, but only for ``DOMAIN``.
    """

    def __init__(self, folder: Path, relay: Server) -> None:
        self._folder = folder
        self.bdat, self.data, self.step_by_step = (Server("localhost", free_port()) for _ in range(3))
        self.bdat_starttls, self.data_starttls = (
            Server("localhost", free_port(), starttls=True) for _ in range(2)
        )
        self.relay = relay

    @property
    def options(self) -> dict[int, tuple[str, ...]]:
        """What each port's smtpd does differently."""
        return {
            self.bdat.port: _IMPLICIT,
            self.data.port: _IMPLICIT + _NO_BDAT,
            self.step_by_step.port: _IMPLICIT + _NO_PIPELINE,
            self.bdat_starttls.port: _STARTTLS,
            self.data_starttls.port: _STARTTLS + _NO_BDAT,
            self.relay.port: (),
        }

    def inbox(self, user: str) -> list[bytes]:
        """What has arrived for ``user``, each with the fields that Postfix put on top, in CRLF."""
        files = (self._folder / "inboxes/all/new").glob("*")
        mails = [path.read_bytes().replace(b"\n", b"\r\n") for path in files]
        return [mail for mail in mails if f"\r\nDelivered-To: {user}@{DOMAIN}\r\n".encode() in mail]

    def await_mail(self, user: str) -> bytes:
        """The one mail of ``user``, as soon as it is there."""
        (mail,) = self._await(lambda: self.inbox(user), f"mail for {user}")
        return mail

    def await_session(self, port: int, *, mails: int) -> dict[str, str]:
        """How often each command was given in the session at ``port`` that began so many mails.

        ``1/2`` says that one of two was taken. Waits for the session's end.
        """
        found = re.compile(rf"postfix/{port}/smtpd.*: disconnect from \S+ (.* mail={mails} .*) commands=")
        (session,) = self._await(
            lambda: found.findall((self._folder / "log").read_text()), f"session of {mails} mails at {port}"
        )
        return dict(item.split("=") for item in session.split())

    def _await(self, look: Callable[[], list[_T]], what: str) -> list[_T]:
        deadline = time.monotonic() + _ARRIVAL_S
        while not (seen := look()):
            if time.monotonic() > deadline:
                raise AssertionError(f"no {what}: {(self._folder / 'log').read_text()}")
            time.sleep(0.02)
        return seen


@contextmanager
def postfix(*, certificates: Path, auth: Path, relay: Server) -> Iterator[Postfix]:
    """Run one that asks the Dovecot at the socket ``auth`` who may sign in, and listens at ``relay`` too.

    Raises:
        NoServerError: there is none on this machine, or it does not start.
    """
    check, start = program("/usr/sbin/postfix"), program("/usr/lib/postfix/sbin/master")
    with open_folder("postfix") as folder:
        server = Postfix(folder, relay)
        _configure(folder, server, certificates, auth)
        # Makes the queue's folders. Its own "start" leaves a server that is nobody's child.
        subprocess.run((check, "-c", f"{folder}/etc", "check"), check=True, timeout=60)
        command = (start, "-c", f"{folder}/etc", "-d")
        with running(command, ports=[*server.options], log=folder / "log"):
            yield server


def _configure(folder: Path, server: Postfix, certificates: Path, auth: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    for name in ("etc", "queue", "data", "inboxes"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    os.chown(folder / "inboxes", nobody.pw_uid, nobody.pw_gid)
    main = _MAIN.format(
        folder=folder,
        certificates=certificates,
        auth=auth,
        domain=DOMAIN,
        size=SIZE_LIMIT_BYTES,
        uid=nobody.pw_uid,
        gid=nobody.pw_gid,
    )
    ports = "".join(_service(port, options) for port, options in server.options.items())
    refused = "".join(f"{user}@{DOMAIN} {reply}\n" for user, reply in REFUSALS.items())
    (folder / "etc/main.cf").write_text(main)
    (folder / "etc/master.cf").write_text(ports + _SERVICES)
    (folder / "etc/refused").write_text(refused)


def _service(port: int, options: tuple[str, ...]) -> str:
    lines = "".join(f"  -o {option}\n" for option in (*options, f"syslog_name=postfix/{port}"))
    return f"127.0.0.1:{port} inet n - n - - smtpd\n{lines}"
