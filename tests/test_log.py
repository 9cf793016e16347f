"""A log that cannot be written costs a line, and nothing else."""

import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import structlog
from service.log import configure_log
from service.settings import Settings

configure_log(Settings())
log = structlog.get_logger("test")
for write in (log.debug, log.info, log.warning, log.error):
    write("a line")
try:
    raise ZeroDivisionError
except ZeroDivisionError:
    log.exception("a fault")
print("went on")
"""


def test_a_full_disk_under_the_log_ends_nothing() -> None:
    """A sender that writes a line about a mail goes on with the mail."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM], stderr=full, stdout=subprocess.PIPE, text=True, check=False
        )

    assert done.stdout == "went on\n"
