"""SPF, DKIM and DMARC by API: the same check as on the wizard's page, for the tenant's own domains alone."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from service.access.api_key import Right
from tests.api.conftest import Api
from tests.fakes.delegations import ALICE, add_delegation

DOMAIN = "muster.example"


@pytest.fixture(autouse=True)
def sender(api: Api) -> None:
    """A delegated sender of the company's domain."""
    add_delegation(api.stores, api.tenant_id, api.clock.now(), ALICE)


def check(api: Api, domain: str = DOMAIN, query: str = "", **headers: str) -> TestResponse:
    """Ask for a domain."""
    return api.client.get(f"/v1/domains/{domain}/check{query}", headers=api.key | headers)


def body(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    """What is answered."""
    assert answer.json is not None
    assert answer.status_code == status, answer.json
    return dict(answer.json)


def test_a_domain_in_order_is_said_to_be(api: Api) -> None:
    """Each record as it was found, and nothing to do; the case of the name does not matter."""
    zone = api.names.zone
    zone.text(DOMAIN, "v=spf1 include:_spf.google.com ~all")
    zone.text("_spf.google.com", "v=spf1 ip4:192.0.2.0/24 ~all")
    zone.text(f"google._domainkey.{DOMAIN}", "v=DKIM1; k=rsa; p=MIGf")
    zone.text(f"_dmarc.{DOMAIN}", "v=DMARC1; p=reject")

    told = body(check(api, "Muster.Example"))

    assert (told["object"], told["domain"]) == ("domain_check", DOMAIN)
    assert [(one["subject"], one["result"], one["code"]) for one in told["findings"]] == [
        ("spf", "ok", None),
        ("dkim", "ok", None),
        ("dmarc", "ok", None),
    ]
    assert told["findings"][2]["found"] == {
        "name": f"_dmarc.{DOMAIN}",
        "type": "TXT",
        "value": "v=DMARC1; p=reject",
    }
    assert [one["wanted"] for one in told["findings"]] == [None, None, None]


def test_what_is_missing_is_explained_with_the_record_to_enter(api: Api) -> None:
    """In the caller's language."""
    told = body(check(api, **{"Accept-Language": "de"}))

    *_, dmarc = told["findings"]
    assert (dmarc["result"], dmarc["code"], dmarc["found"]) == ("failed", "dmarc-missing", None)
    assert dmarc["wanted"] == {"name": f"_dmarc.{DOMAIN}", "type": "TXT", "value": "v=DMARC1; p=none"}
    assert "DMARC" in dmarc["title"]
    assert "Eintrag" in dmarc["detail"] + dmarc["next_step"]


def test_a_silent_dns_is_not_known(api: Api) -> None:
    """And never missing."""
    api.names.zone.silent = {"*"}

    findings = body(check(api))["findings"]

    assert {(one["result"], one["code"], one["wanted"]) for one in findings} == {
        ("unknown", "dns-unavailable", None)
    }


def test_a_selector_can_be_given(api: Api) -> None:
    """For an admin who has not taken Google's proposal."""
    api.names.zone.text(f"rg2026._domainkey.{DOMAIN}", "p=MIGf")

    assert body(check(api, query="?selector=rg2026"))["findings"][1]["result"] == "ok"


@pytest.mark.parametrize(
    ("query", "code"),
    [("?selector=a%20b", "invalid-value"), ("?selector=", "invalid-value"), ("?x=1", "unknown-field")],
)
def test_a_query_that_makes_no_sense_is_told_by_its_parameter(api: Api, query: str, code: str) -> None:
    """400, and nothing is looked up."""
    problem = body(check(api, query=query), 400)

    [fault] = problem["errors"]
    assert (fault["parameter"], fault["code"]) == (query[1:].partition("=")[0], code)
    assert api.names.asked == []


@pytest.mark.parametrize("domain", ["gmail.com", "andere.example", "muster.example.evil", "x" * 300])
def test_other_domains_are_not_asked_for(api: Api, domain: str) -> None:
    """Not even another tenant's: this server is nobody's tool to look into the DNS."""
    add_delegation(api.stores, api.other_tenant_id, api.clock.now(), "chef@andere.example")

    assert check(api, domain).status_code == 404
    assert api.names.asked == []


def test_while_another_check_runs_it_is_to_be_asked_again(api: Api) -> None:
    """The same turns as the pages'."""
    with api.turns.of(api.tenant_id):
        answer = check(api)

    assert body(answer, 429)["code"] == "checks-busy"
    assert answer.headers["Retry-After"] == "5"
    assert api.names.asked == []
    assert check(api).status_code == 200


def test_it_needs_a_key_for_the_whole_companys_connections(api: Api) -> None:
    """Neither the other rights nor some of the connections are enough."""
    keys = (
        api.add_key(api.tenant_id, frozenset(Right) - {Right.CONNECTIONS}),
        api.add_key(api.tenant_id, connection_ids=frozenset({api.mailbox.id})),
    )

    for key in keys:
        assert api.client.get(f"/v1/domains/{DOMAIN}/check", headers=key).status_code == 403
