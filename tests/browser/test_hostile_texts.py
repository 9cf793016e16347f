"""Whatever is stored is shown as text: on every page, in every field, in a real browser."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from service.access.api_key import ApiKey, Right
from service.errors import Refusal
from service.identifiers import new_id
from service.mail.address import Address
from service.outbox.entry import AttachmentRecord, Recipient, RecipientKind, State
from service.outbox.verdict import Verdict
from tests.browser.street import Street

pytestmark = pytest.mark.browser
CORPUS = (
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(alert(1))//</stYle/</titLe/</scRipt/--!><sVg/oNloAd=alert(1)//>",
    "\"'><img src=x onerror=alert(1)><svg onload=alert(1)>",
    "<div hx-get=/messages hx-trigger=load hx-on:htmx:load=alert(1) hx-on::load='alert(1)'>x</div>",
    "</textarea></select></title></template><script>alert(1)</script>",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'></iframe><base href=//evil.example>",
    "<a href=javascript:alert(1) autofocus onfocus=alert(1)>x</a><link rel=stylesheet href=//evil.example>",
    "{{ 7 * 7 }}{% raw %}${alert(1)} &lt;b&gt;&amp;quot;",
    "<form action=//evil.example><button formaction=javascript:alert(1)>x</button><style>*{top:0}</style>",
)
# Elements that no page of ours holds there, and attributes that none of ours has.
FOREIGN = (
    "main :is(script, svg, iframe, img:not([alt='']), style, link, base, object, [autofocus], [srcdoc]),"
    " main :is([onload], [onerror], [onfocus], [formaction], [href^='javascript' i]), [action*='evil']"
)
# The page is loaded: its scripts have run, its frames and images are there. What waits for the first picture
# (autofocus) or for a turn of its own (htmx's triggers on load) has begun two frames later.
HAS_SETTLED = (
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
)


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_texts_do_nothing_and_are_shown_literally(street: Street, text: str) -> None:
    """No dialog, no complaint of the content security policy, no element that the text brought along."""
    page = street.visitor()

    for path, is_shown in _pages(street, page, text):
        page.goto(f"{street.url}{path}")
        page.evaluate(HAS_SETTLED)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert (path, page.locator(FOREIGN).count()) == (path, 0)
        if is_shown:
            assert text in page.locator("body").inner_text() or text in _values(page), path
    expect(page.locator("main")).to_be_visible()


def _pages(street: Street, page: Page, text: str) -> Iterator[tuple[str, bool]]:
    """Every page that shows something stored, and whether the text must be seen there."""
    office = street.office
    tenant = office.tenant(text)
    connection = office.connection(tenant, name=text)
    entry = office.entry(
        connection,
        text,
        reference=text,
        metadata=((text, text),),
        recipients=(
            Recipient(RecipientKind.TO, Address("kunde@example.com", text)),
            Recipient(RecipientKind.CC, Address("b@example.com", text)),
        ),
        attachments=(AttachmentRecord(text, text, 1, text),),
        message_id=f"<{text}>",
    )
    refusal = Refusal("b@example.com", text, 550, text, is_permanent=True)
    verdict = Verdict(State.SENT, refused=(refusal,))
    office.tried(entry, State.SENT, verdict, reply=text, receipt=text, transport=text, code=text)
    failed = office.entry(connection, text)
    office.tried(failed, State.FAILED, code=text, reply=text)
    office.stores.outbox.resend(tenant.id, failed.id, office.clock.now(), text, force=True)
    office.stores.api_keys.add(_key(tenant.id, text, office.clock.now()))
    street.sign_in(page, tenant)
    for path in (
        "/",
        f"/connections/{connection.id}",
        f"/connections/{connection.id}/test",
        f"/connections/{connection.id}/disconnect",
        "/messages",
        f"/messages?q={quote(text)}",
        f"/messages/{entry.id}",
        f"/messages/{entry.id}/correct",
        f"/messages/{failed.id}",
        "/account",
        "/settings",
        "/settings/members",
        "/settings/limits",
        "/setup",
        "/developers",
        "/developers/keys",
        "/workspace",
        "/workspace/delegation",
        "/workspace/relay",
        f"/workspace/domains?domain={quote(text)}",
        "/workspace/hand-over",
        f"/connect/{office.link(tenant, purpose=text, return_url='https://app.example.com/')}",
    ):
        yield path, True
    wrong = f"?status={quote(text)}&connection={quote(text)}&from={quote(text)}&before={quote(text)}"
    yield f"/messages{wrong}", True
    yield f"/problems/{quote(text, safe='')}", False
    yield f"/messages/{quote(text, safe='')}", False


def _key(tenant_id: str, name: str, at: datetime) -> ApiKey:
    rights = frozenset(Right)
    return ApiKey(new_id("key"), tenant_id, name, "0123456789", "hash", rights, None, at, None, None, None)


def _values(page: Page) -> list[str]:
    values: list[str] = page.evaluate("[...document.querySelectorAll('input')].map((one) => one.value)")
    return values
