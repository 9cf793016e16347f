"""The operator's mail server for notices: what the settings must say."""

import pytest

from service import settings
from service.errors import ConfigurationError
from service.transports.notice_smtp import operator_mail

SERVER = {"notice_smtp": "tls://mail.betreiber.example:465", "notice_smtp_from": "post@betreiber.example"}


def test_without_a_server_there_is_none() -> None:
    """The default: nothing is set, nothing is asked."""
    assert operator_mail(settings.load()) is None


def test_a_server_with_a_sender_is_enough() -> None:
    """A login only where it wants one."""
    assert operator_mail(settings.load(**SERVER)) is not None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"notice_smtp_from": ""}, "notice_smtp_from"),
        ({"notice_smtp_user": "notices"}, "notice_smtp_password"),
        ({"notice_smtp_password": "geheim"}, "notice_smtp_user"),
        ({"notice_smtp": "mail.betreiber.example"}, "NOTICE_SMTP"),
    ],
)
def test_half_a_setting_is_refused(changes: dict[str, str], word: str) -> None:
    """At the start, by name, and without any value."""
    with pytest.raises(ConfigurationError) as refused:
        settings.load(**{**SERVER, **changes})

    assert word in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_a_sender_that_is_no_address_is_refused() -> None:
    """Before a notice is owed, not when it is."""
    loaded = settings.load(**{**SERVER, "notice_smtp_from": "Betreiber"})

    with pytest.raises(ConfigurationError, match="NOTICE_SMTP_FROM"):
        operator_mail(loaded)
