"""The OpenAPI document: valid, complete, and true to what the service does."""

import json
import logging

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import validate
from schemathesis.checks import CHECKS
from schemathesis.core.failures import FailureGroup

from service.access.api_key import Right
from tests.api.conftest import Api, attachment

EXAMPLES = 30


def test_the_document_is_valid_openapi_3_1(api: Api) -> None:
    """Generators can read it, without a key."""
    document = api.client.get("/v1/openapi.json").json

    assert document is not None
    assert document["openapi"] == "3.1.0"
    validate(document)


def test_every_route_is_in_the_document_and_the_other_way_round(api: Api) -> None:
    """What is not documented is not there."""
    document = api.client.get("/v1/openapi.json").json
    assert document is not None
    documented = {(path, method) for path, item in document["paths"].items() for method in item}
    real = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in api.app.url_map.iter_rules()
        if rule.rule.startswith("/v1/") and rule.endpoint != "api.openapi"
        for method in rule.methods or set()
        if method not in {"HEAD", "OPTIONS"}
    }

    assert documented == real


def test_every_reference_leads_somewhere(api: Api) -> None:
    """And no schema is there for nothing."""
    document = api.client.get("/v1/openapi.json").json
    assert document is not None
    text = json.dumps(document)

    for name in document["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, name


@pytest.mark.slow
def test_the_service_does_what_the_document_says(api: Api) -> None:
    """A few hundred generated requests, good and bad, get answers of documented status and shape; no 5xx."""
    logging.getLogger("api").disabled = True
    api.accept(attachments=[attachment()], reference="RE-1")
    key = api.add_key(api.tenant_id, frozenset(Right))
    schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", api.app)
    excluded = [CHECKS.get_one("ignored_auth"), CHECKS.get_one("positive_data_acceptance")]
    broken: list[str] = []

    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def call(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=key, excluded_checks=excluded)

        try:
            call()
        except FailureGroup as group:
            broken += [f"{operation.label}: {one}" for one in group.exceptions]

    assert not broken, "\n\n".join(broken)
