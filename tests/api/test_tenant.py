"""What a company has chosen, and who may choose it."""

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


@pytest.mark.parametrize("body", [{}, {"uncertain_rule": "drop"}, {"uncertain_rule": "hold", "name": "x"}])
def test_another_choice_is_refused(api: Api, body: dict[str, str]) -> None:
    """Only these two words, and no other field."""
    assert api.client.post("/v1/tenant", json=body, headers=api.key).status_code == 422


def test_a_key_that_may_only_send_may_not_choose(api: Api) -> None:
    """A rule that can double mail is none of its business."""
    key = api.add_key(api.mailbox.tenant_id, frozenset({Right.SEND}))

    answer = api.client.post("/v1/tenant", json={"uncertain_rule": "resend"}, headers=key)

    assert answer.status_code == 403
