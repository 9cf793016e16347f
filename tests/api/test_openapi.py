"""The OpenAPI document: valid, complete, and true to what the service does."""

import json
from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.core.failures import FailureGroup

from service.identifiers import new_id
from tests.api.conftest import Api, attachment
from tests.fakes.delegations import ALICE, add_delegation

EXAMPLES = 25
# A schema cannot say that an address exists or a key is new, so not all that fits it is taken; keys have
# tests of their own.
NOT_MEANT = ("positive_data_acceptance", "ignored_auth", "missing_required_header")


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


def test_what_is_answered_to_an_unknown_parameter_is_documented(api: Api) -> None:
    """Of each operation that only looks: some take no query and ignore it, the others refuse it."""
    document = api.client.get("/v1/openapi.json").json
    assert document is not None
    ids = {"message_id": api.accept(), "connection_id": api.mailbox.id, "delegation_id": new_id("dlg")}

    answered = {
        path: str(
            api.client.get(f"{path.format(domain='x.example', **ids)}?odd=1", headers=api.key).status_code
        )
        for path, item in document["paths"].items()
        if "get" in item
    }

    assert {"200", "400"} <= set(answered.values())
    for path, status in answered.items():
        assert status in document["paths"][path]["get"]["responses"], path


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_service_does_what_the_document_says(api: Api, mode: GenerationMode) -> None:
    """A few hundred generated requests, good and bad, get answers of documented status and shape; no 5xx."""
    ids = {
        "message_id": api.accept(attachments=[attachment()]),
        "connection_id": api.mailbox.id,
        "delegation_id": add_delegation(api.stores, api.tenant_id, api.clock.now(), ALICE).id,
        "domain": ALICE.partition("@")[2],
    }
    schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", api.app)
    excluded: list[Any] = [CHECKS.get_one(name) for name in NOT_MEANT]
    answered: Counter[int] = Counter()
    broken: list[str] = []

    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # the document was found valid above

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def call(case: schemathesis.Case[Any]) -> None:
            if mode is GenerationMode.POSITIVE:
                case.path_parameters = {name: ids[name] for name in case.path_parameters}
            headers = api.key | {"Idempotency-Key": new_id("idem")}
            answer = case.call(headers=headers)
            answered[answer.status_code] += 1
            case.validate_response(answer, headers=headers, excluded_checks=excluded)

        try:
            call()
        except FailureGroup as group:
            broken += [f"{operation.label}: {one}" for one in group.exceptions]

    assert not broken, "\n\n".join(broken)
    assert answered.total() > 10 * EXAMPLES
    assert len(answered) >= 4
