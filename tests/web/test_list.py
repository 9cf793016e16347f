"""The list of mailboxes: at a glance, also when there are many."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from service.storage.statement import Row
from service.web.home import PAGE_LENGTH
from tests.web.office import Browser, Office


def addresses(page: str) -> list[str]:
    """The mailboxes that a list shows, in its order."""
    return [part.split(">")[1].split("<")[0] for part in page.split('<a href="/connections/con_')[1:]]


def test_the_empty_list_says_how_long_it_takes(office: Office) -> None:
    """And leads to all ways by its one primary button."""
    page = office.signed_in(office.tenant()).get("/").text

    assert "No account connected yet. It takes about a minute." in page
    assert page.count("btn-primary") == 1
    assert 'class="btn btn-primary" href="/connections/new"' in page


def test_what_needs_its_owner_comes_first(office: Office) -> None:
    """Before all others, which stand by their address."""
    tenant = office.tenant()
    broken = office.connection(tenant, "zentrale@muster.de")
    for name in ("b", "a"):
        office.connection(tenant, f"{name}@muster.de")
    office.revoked(office.entry(broken))

    page = office.signed_in(tenant).get("/").text

    assert addresses(page.partition("pa-mailboxes")[2]) == [
        "zentrale@muster.de",
        "a@muster.de",
        "b@muster.de",
    ]


def test_many_mailboxes_come_in_pages_and_can_be_searched(office: Office) -> None:
    """A page at a time, the rest behind *Next*; part of an address or of a name finds them."""
    tenant = office.tenant()
    for number in range(PAGE_LENGTH + 5):
        office.connection(tenant, f"filiale-{number:02}@muster.de", name=f"Filiale Nr. {number:02}")
    browser = office.signed_in(tenant)

    first, second = browser.get("/").text, browser.get("/?page=2").text
    found = browser.get("/?q=nr.+07").text
    nothing = browser.get("/?q=xyz").text

    assert len(addresses(first)) == PAGE_LENGTH
    assert addresses(second) == [f"filiale-{number:02}@muster.de" for number in range(PAGE_LENGTH, 30)]
    assert 'href="/?page=2"' in first
    assert "Page 2 of 2" in second
    assert addresses(found) == ["filiale-07@muster.de"]
    assert "No connection fits this search." in nothing


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "²", "9" * 30])
def test_a_page_that_there_is_not_is_the_nearest_one(office: Office, page: str) -> None:
    """Whatever is typed into the address."""
    tenant = office.tenant()
    office.connection(tenant)

    answer = office.signed_in(tenant).get(f"/?page={page}")

    assert answer.status_code == 200
    assert addresses(answer.text) == ["rechnung@muster.de"]


def test_the_number_of_looks_does_not_grow_with_the_mailboxes(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list, and the page of one of them: each asks the database as often for one as for many."""
    tenant = office.tenant()
    paths = ("/", f"/connections/{office.connection(tenant).id}")
    browser = office.signed_in(tenant)
    read, asked = office.database.read, list[object]()

    def counted(run: Callable[[Connection], Row]) -> Row:
        asked.append(run)
        return read(run)

    monkeypatch.setattr(office.database, "read", counted)

    few = [looks(browser, path, asked) for path in paths]
    for number in range(20):
        office.entry(office.connection(tenant, f"filiale-{number:02}@muster.de"))
    many = [looks(browser, path, asked) for path in paths]

    assert all(after <= before for before, after in zip(few, many, strict=True))
    assert 0 < max(many) < 15


def looks(browser: Browser, path: str, asked: list[object]) -> int:
    """How often one page asks the database."""
    asked.clear()
    assert browser.get(path).status_code == 200
    return len(asked)
