"""Whatever the sandbox can answer, the tables of replies know: nothing of it is a surprise."""

import pytest
from structlog.testing import capture_logs

from service.catalogue import CATALOGUE
from service.connections.way import WayKind
from service.errors import TokenEndpointUnavailableError
from service.google.consent_replies import consent_code
from service.google.smtp_replies import smtp_error
from service.google.token_replies import delegation_error, token_error
from service.sandbox.cloud_fault_table import CLOUD_FAULTS, DELEGATION
from service.sandbox.fault import Fault
from service.sandbox.fault_table import AUTHORIZE, FAULTS, TOKEN
from service.sandbox.smtp_fault_table import SMTP_FAULTS
from service.smtp.replies import Phase, Reply

PHASES = {"end": Phase.END_OF_DATA, "bdat": Phase.DATA, "body": Phase.DATA}
EVERY = [fault for faults in FAULTS.values() for fault in faults]


def phase_of(place: str) -> Phase:
    """Our word for the sandbox's: ``relay:end`` is the end of data."""
    word = place.partition(":")[2]
    return PHASES.get(word) or Phase(word)


def named(faults: list[Fault]) -> list[object]:
    """The rows as parameters."""
    return [pytest.param(fault, id=fault.name) for fault in faults]


@pytest.mark.parametrize("kind", [kind for kind in WayKind if kind is not WayKind.GMAIL_API])
@pytest.mark.parametrize("fault", named([fault for fault in SMTP_FAULTS if fault.kind == "smtp"]))
def test_every_smtp_reply_is_known(fault: Fault, kind: WayKind) -> None:
    """In the phase where it usually comes, by each way."""
    (phase,) = {phase_of(place) for place in fault.usual}
    text = f"{fault.message} {fault.detail}".replace("\n", " ")

    with capture_logs() as logs:
        error = smtp_error(kind, phase, Reply(fault.status, fault.canonical, text))

    assert logs == []
    assert error.code in CATALOGUE


@pytest.mark.parametrize("fault", named([fault for fault in CLOUD_FAULTS if fault.places == DELEGATION]))
def test_every_refusal_of_the_delegation_is_known(fault: Fault) -> None:
    """Each names what must be mended."""
    fields = {"error": fault.reason, "error_description": fault.message}

    with capture_logs() as logs:
        error = delegation_error(fault.status, fields)

    assert logs == []
    assert not isinstance(error, TokenEndpointUnavailableError)
    assert error.code in CATALOGUE


@pytest.mark.parametrize(
    "fault",
    named([fault for fault in EVERY if fault.kind == "oauth" and fault.places & (TOKEN - DELEGATION)]),
)
def test_every_refusal_of_a_grant_is_known(fault: Fault) -> None:
    """Owner, operator or admin; only an outage is nobody's."""
    fields = {"error": fault.reason, "error_subtype": fault.detail}

    with capture_logs() as logs:
        error = token_error(fault.status, fields)

    assert logs == []
    assert isinstance(error, TokenEndpointUnavailableError) == (fault.status in {429, 500})


@pytest.mark.parametrize("fault", named([fault for fault in EVERY if AUTHORIZE in fault.places]))
def test_every_refusal_of_the_consent_page_is_known(fault: Fault) -> None:
    """Also those that Google usually shows itself."""
    with capture_logs() as logs:
        code = consent_code(fault.reason)

    assert logs == []
    assert code in CATALOGUE
