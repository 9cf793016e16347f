"""What a company has chosen, and who may choose it."""

from typing import Any

import pytest

from service.access.api_key import Right
from tests.api.conftest import Api


def test_the_rule_for_unclear_mail_is_shown_and_chosen(api: Api) -> None:
    """``hold`` until somebody with the right for connections says otherwise."""
    before = api.client.get("/v1/tenant", headers=api.key)
    chosen = api.client.post("/v1/tenant", json={"uncertain_rule": "resend"}, headers=api.key)

    assert before.json["uncertain_rule"] == "hold"  # type: ignore[index]  # the answer is an object
    assert chosen.status_code == 200
    after = api.client.get("/v1/tenant", headers=api.key)
    assert after.json["uncertain_rule"] == "resend"  # type: ignore[index]  # the same


@pytest.mark.parametrize("body", [{"uncertain_rule": "drop"}, {"uncertain_rule": "hold", "name": "x"}])
def test_another_choice_is_refused(api: Api, body: dict[str, str]) -> None:
    """Only these two words, and no other field."""
    assert api.client.post("/v1/tenant", json=body, headers=api.key).status_code == 422


def test_a_key_that_may_only_send_may_not_choose(api: Api) -> None:
    """A rule that can double mail is none of its business."""
    key = api.add_key(api.mailbox.tenant_id, frozenset({Right.SEND}))

    answer = api.client.post("/v1/tenant", json={"uncertain_rule": "resend"}, headers=key)

    assert answer.status_code == 403


def test_a_key_for_some_connections_chooses_nothing_for_the_others(api: Api) -> None:
    """The rule would double mail of mailboxes that are not its own, the default lead others' mail away."""
    key = api.add_key(api.tenant_id, connection_ids=frozenset({api.mailbox.id}))

    rule = api.client.post("/v1/tenant", json={"uncertain_rule": "resend"}, headers=key)
    default = api.client.post(f"/v1/connections/{api.mailbox.id}/default", headers=key)

    assert (rule.status_code, default.status_code) == (403, 403)
    assert told(api)["uncertain_rule"] == "hold"


def told(api: Api, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """What is answered about retention, after a choice if there is a body."""
    if body is None:
        answer = api.client.get("/v1/tenant", headers=api.key)
    else:
        answer = api.client.post("/v1/tenant", json=body, headers=api.key)
    assert answer.json is not None
    assert answer.status_code == 200
    return {name: answer.json[name] for name in ("uncertain_rule", "content_days", "log_days", "retention")}


def test_how_long_mail_is_kept_is_shown_and_chosen(api: Api) -> None:
    """The own choice, what counts, and the most that there is; what is left out stays as it is."""
    most = {"content_days_most": 365, "log_days_most": 3650}
    assert told(api) == {
        "uncertain_rule": "hold",
        "content_days": None,
        "log_days": None,
        "retention": {"content_days": 30, "log_days": 180} | most,
    }

    told(api, {"content_days": 14, "log_days": 90})
    told(api, {"uncertain_rule": "resend"})

    assert (
        told(api, {})
        == told(api)
        == {
            "uncertain_rule": "resend",
            "content_days": 14,
            "log_days": 90,
            "retention": {"content_days": 14, "log_days": 90} | most,
        }
    )
    kept = api.stores.tenants.get(api.tenant_id)
    assert (kept.content_days, kept.log_days) == (14, 90)
    assert api.stores.tenants.get(api.other_tenant_id).content_days is None


def test_a_choice_is_taken_back_with_null(api: Api) -> None:
    """Then the operator's counts again, for that field alone."""
    told(api, {"content_days": 14, "log_days": 90})

    after = told(api, {"content_days": None})

    assert (after["content_days"], after["log_days"]) == (None, 90)
    assert (after["retention"]["content_days"], after["retention"]["log_days"]) == (30, 90)


def test_the_log_is_never_shorter_than_the_content(api: Api) -> None:
    """The answer tells what counts, not what was chosen."""
    after = told(api, {"content_days": 60, "log_days": 7})

    assert (after["log_days"], after["retention"]["log_days"]) == (7, 60)


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"content_days": 0}, [("/content_days", "out-of-range")]),
        (
            {"content_days": 366, "log_days": 3651},
            [("/content_days", "out-of-range"), ("/log_days", "out-of-range")],
        ),
        ({"log_days": "90"}, [("/log_days", "wrong-type")]),
        ({"log_days": 1.5}, [("/log_days", "wrong-type")]),
        ({"log_days": True}, [("/log_days", "wrong-type")]),
    ],
)
def test_days_that_there_may_not_be_change_nothing(
    api: Api, body: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    """Each is named; the good part of the same request is not kept either."""
    answer = api.client.post("/v1/tenant", json={"uncertain_rule": "resend"} | body, headers=api.key)

    assert answer.json is not None
    assert answer.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]] == faults
    assert told(api)["uncertain_rule"] == "hold"


@pytest.mark.parametrize("body", [{"content_days": 1}, {"log_days": 1}, {"log_days": None}])
def test_a_key_with_less_than_all_rights_deletes_no_mail(api: Api, body: dict[str, Any]) -> None:
    """Nor one for some mailboxes: the days count for every mail of the company."""
    less = api.add_key(api.tenant_id, frozenset({Right.CONNECTIONS, Right.READ}))
    some = api.add_key(api.tenant_id, connection_ids=frozenset({api.mailbox.id}))
    told(api, {"log_days": 90})

    for key in (less, some):
        assert api.client.post("/v1/tenant", json=body, headers=key).status_code == 403
    rule = api.client.post("/v1/tenant", json={"uncertain_rule": "resend"}, headers=less)

    assert rule.status_code == 200
    assert (told(api)["content_days"], told(api)["log_days"]) == (None, 90)
