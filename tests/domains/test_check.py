"""The check of a domain: well, missing, wrong, or not known."""

from collections.abc import Sequence

import pytest
from dns.rdata import Rdata

from service.domains.check import LOOKED_AT, PATIENCE_S, DomainCheck
from service.domains.report import Finding, Record, Result, Subject
from service.domains.system import SystemResolver
from service.errors import ChecksBusyError, InvalidRequestError
from service.stepwise import at_once
from tests.fakes.names import FakeResolver, Zone, name_server, zone_of
from tests.fakes.turns import make_turns

TENANT, DOMAIN = "ten_1", "muster.example"
GOOD = {
    DOMAIN: "v=spf1 include:_spf.google.com ~all",
    "_spf.google.com": "v=spf1 ip4:192.0.2.0/24 ~all",
    "google._domainkey.muster.example": "v=DKIM1; k=rsa; p=" + "MIGf" * 90,
    "_dmarc.muster.example": "v=DMARC1; p=none",
}


@pytest.fixture
def zone() -> Zone:
    """The good zone, to be changed."""
    return zone_of(GOOD)


def run(zone: Zone, selector: str | None = None) -> dict[Subject, Finding]:
    """Check the domain in a zone."""
    report = DomainCheck(FakeResolver(zone), make_turns(1)).run(TENANT, DOMAIN, selector)
    assert [one.subject for one in report.findings] == list(Subject)
    return {one.subject: one for one in report.findings}


def changed(**texts: str | None) -> Zone:
    """The good zone with other texts; ``None`` takes a name away."""
    names = {"spf": DOMAIN, "dkim": f"google._domainkey.{DOMAIN}", "dmarc": f"_dmarc.{DOMAIN}"}
    zone = zone_of(GOOD)
    for place, text in texts.items():
        zone.text(names[place], *([text] if text is not None else []))
    return zone


def test_a_domain_that_is_in_order() -> None:
    """Each record is shown as it was found."""
    found = run(zone_of(GOOD))

    assert {one.result for one in found.values()} == {Result.OK}
    assert found[Subject.SPF].found == Record(DOMAIN, GOOD[DOMAIN])
    assert found[Subject.DMARC].found == Record(f"_dmarc.{DOMAIN}", "v=DMARC1; p=none")


def test_the_same_over_a_real_name_server() -> None:
    """Found over UDP and TCP; and anew each time, because an admin is just entering records."""
    zone = changed(dmarc=None)
    with name_server(zone) as port:
        check = DomainCheck(SystemResolver(["127.0.0.1"], port), make_turns(1))
        before = check.run(TENANT, DOMAIN).findings
        zone.text(f"_dmarc.{DOMAIN}", "v=DMARC1; p=reject")
        zone.text(DOMAIN, "v=spf1 -all")
        after = check.run(TENANT, DOMAIN).findings

    assert [one.code for one in before] == [None, None, "dmarc-missing"]
    assert [one.code for one in after] == ["spf-without-google", None, None]


@pytest.mark.parametrize(
    ("text", "code", "wanted"),
    [
        (None, "spf-missing", "v=spf1 include:_spf.google.com ~all"),
        ("google-site-verification=x", "spf-missing", "v=spf1 include:_spf.google.com ~all"),
        ("v=spf1", "spf-without-google", "v=spf1 include:_spf.google.com"),
        (
            "v=spf1 ip4:192.0.2.1 -all",
            "spf-without-google",
            "v=spf1 include:_spf.google.com ip4:192.0.2.1 -all",
        ),
        ("v=spf1 ipv4:192.0.2.1 -all", "spf-invalid", None),
        ("v=spf1 include:nothing.example include:_spf.google.com -all", "spf-invalid", None),
        ("v=spf1 include:muster.example -all", "spf-invalid", None),
    ],
)
def test_what_is_wrong_with_spf(text: str | None, code: str, wanted: str | None) -> None:
    """With the record to add, where one can be named."""
    spf = run(changed(spf=text))[Subject.SPF]

    assert (spf.result, spf.code) == (Result.FAILED, code)
    assert spf.wanted == (Record(DOMAIN, wanted) if wanted else None)


def test_two_spf_records_are_none(zone: Zone) -> None:
    """RFC 7208 §4.5: receivers take neither."""
    zone.text(DOMAIN, GOOD[DOMAIN], "v=spf1 -all")

    assert run(zone)[Subject.SPF].code == "spf-invalid"


def test_google_may_be_included_by_another_record(zone: Zone) -> None:
    """By an include of an include, or by a redirect."""
    zone.text(DOMAIN, "v=spf1 redirect=_spf.muster.example")
    zone.text("_spf.muster.example", "v=spf1 include:mail.muster.example -all")
    zone.text("mail.muster.example", "v=spf1 include:_spf.google.com -all")

    assert run(zone)[Subject.SPF].result is Result.OK


def test_more_than_ten_look_ups_are_too_many(zone: Zone) -> None:
    """RFC 7208 §4.6.4: receivers stop there; also where others' records ask for them."""
    includes = " ".join(f"include:a{number}.example" for number in range(6))
    zone.text(DOMAIN, f"v=spf1 include:_spf.google.com {includes} -all")
    for number in range(6):
        zone.text(f"a{number}.example", f"v=spf1 include:b{number}.example -all")
        zone.text(f"b{number}.example", "v=spf1 -all")

    spf = run(zone)[Subject.SPF]

    assert (spf.result, spf.code) == (Result.FAILED, "spf-too-many-look-ups")


@pytest.mark.parametrize(
    ("text", "selector", "result", "code"),
    [
        (None, None, Result.UNKNOWN, "dkim-not-found"),
        (None, "google", Result.FAILED, "dkim-missing"),
        ("v=DKIM1; k=rsa; p=", None, Result.FAILED, "dkim-revoked"),
        ("v=spf1 -all", "google", Result.FAILED, "dkim-missing"),
        ("k = rsa ; p = MIGf MA0G", None, Result.OK, None),
    ],
)
def test_the_dkim_key(text: str | None, selector: str | None, result: Result, code: str | None) -> None:
    """The DNS lists no selectors: only for one that was named it can be said that its key is missing."""
    dkim = run(changed(dkim=text), selector)[Subject.DKIM]

    assert (dkim.result, dkim.code) == (result, code)


def test_a_selector_is_looked_for_as_it_was_given(zone: Zone) -> None:
    """Not Google's proposal beside it."""
    zone.text(f"rechnung2026._domainkey.{DOMAIN}", "p=MIGf")

    dkim = run(zone, "rechnung2026")[Subject.DKIM]

    assert dkim.found == Record(f"rechnung2026._domainkey.{DOMAIN}", "p=MIGf")


@pytest.mark.parametrize("selector", ["", "a b", "-a", "a..b", "x" * 101, "ü", "a\n", "_spf"])
def test_what_cannot_be_a_selector_is_not_asked_for(selector: str) -> None:
    """Refused before any question leaves."""
    resolver = FakeResolver()

    with pytest.raises(InvalidRequestError):
        DomainCheck(resolver, make_turns(1)).run(TENANT, DOMAIN, selector)
    assert resolver.asked == []


@pytest.mark.parametrize(
    ("text", "code"),
    [(None, "dmarc-missing"), ("v=DMARC1; p=maybe", "dmarc-invalid"), ("v=spf1 -all", "dmarc-invalid")],
)
def test_what_is_wrong_with_dmarc(text: str | None, code: str) -> None:
    """Where there is none, the mildest one is proposed: it only asks for nothing yet."""
    dmarc = run(changed(dmarc=text))[Subject.DMARC]

    assert (dmarc.result, dmarc.code) == (Result.FAILED, code)
    assert dmarc.wanted == (Record(f"_dmarc.{DOMAIN}", "v=DMARC1; p=none") if text is None else None)


def test_the_policy_of_the_domain_above_counts(zone: Zone) -> None:
    """RFC 9989 §4.10: a subdomain has its parent's."""
    zone.text(f"mail.{DOMAIN}", "v=spf1 include:_spf.google.com -all")

    report = DomainCheck(FakeResolver(zone), make_turns(1)).run(TENANT, f"mail.{DOMAIN}")

    assert report.findings[2].found == Record(f"_dmarc.{DOMAIN}", "v=DMARC1; p=none")


@pytest.mark.parametrize(
    ("silent", "unknown"),
    [
        ("*", list(Subject)),
        (DOMAIN, [Subject.SPF]),
        ("_spf.google.com", [Subject.SPF]),
        (f"google._domainkey.{DOMAIN}", [Subject.DKIM]),
        (f"_dmarc.{DOMAIN}", [Subject.DMARC]),
    ],
)
def test_silence_is_not_known_and_never_missing(zone: Zone, silent: str, unknown: list[Subject]) -> None:
    """Nobody adds a record that is there already because the DNS was slow."""
    zone.silent = {silent}

    found = run(zone)

    assert [one.subject for one in found.values() if one.result is Result.UNKNOWN] == unknown
    assert {found[one].code for one in unknown} == {"dns-unavailable"}
    assert all(found[one].wanted is None for one in unknown)


def test_a_parent_that_is_silent_may_have_the_policy(zone: Zone) -> None:
    """The walk up the tree is not over before everybody has answered."""
    zone.silent = {f"_dmarc.{DOMAIN}"}
    zone.text(f"mail.{DOMAIN}", "v=spf1 include:_spf.google.com -all")

    report = DomainCheck(FakeResolver(zone), make_turns(1)).run(TENANT, f"mail.{DOMAIN}")

    assert report.findings[2].code == "dns-unavailable"


def test_a_server_without_a_network_knows_nothing() -> None:
    """An error of the operating system is no answer."""
    resolver = FakeResolver()
    resolver.failure = OSError("network is unreachable")

    report = DomainCheck(resolver, make_turns(1)).run(TENANT, DOMAIN)

    assert {one.code for one in report.findings} == {"dns-unavailable"}


def test_no_question_is_asked_after_the_deadline(zone: Zone) -> None:
    """However deep the records lead: a page waits for it. What was known by then stays known."""
    resolver = FakeResolver(zone)
    resolver.is_slow = True

    report = DomainCheck(resolver, make_turns(1), lambda: resolver.now).run(TENANT, DOMAIN)

    assert resolver.now == PATIENCE_S
    assert [one.result for one in report.findings] == [Result.UNKNOWN, Result.OK, Result.OK]


def test_names_that_cannot_be_are_a_fault_of_the_record(zone: Zone) -> None:
    """Not of the DNS."""
    zone.text(DOMAIN, f"v=spf1 include:{'x' * 64}.example include:_spf.google.com -all")

    assert run(zone)[Subject.SPF].code == "spf-invalid"


def test_while_another_check_runs_nothing_is_asked(zone: Zone) -> None:
    """A page must not wait behind others; a selector that cannot be one is told all the same."""
    resolver, turns = FakeResolver(zone), make_turns(1)
    check = DomainCheck(resolver, turns)

    with turns.of("ten_2"):
        with pytest.raises(ChecksBusyError):
            check.run(TENANT, DOMAIN)
        with pytest.raises(InvalidRequestError):
            check.run(TENANT, DOMAIN, "a b")

    assert resolver.asked == []
    assert len(check.run(TENANT, DOMAIN).findings) == len(Subject)


def test_other_checks_wait_while_the_dns_is_asked(zone: Zone) -> None:
    """The turn is held from the first question to the last."""
    turns = make_turns(1)

    class Asked(FakeResolver):
        def look_up(self, name: str, kind: str, timeout_s: float) -> Sequence[Rdata]:
            with pytest.raises(ChecksBusyError), turns.of("ten_2"):
                raise AssertionError
            return super().look_up(name, kind, timeout_s)

    resolver = Asked(zone)
    DomainCheck(resolver, turns).run(TENANT, DOMAIN)

    assert len(resolver.asked) > len(Subject)


def test_each_finding_is_told_before_the_next_question(zone: Zone) -> None:
    """In the order in which they are looked for; the report has them in the order of their subjects."""
    resolver = FakeResolver(zone)
    looking = DomainCheck(resolver, make_turns(1)).running(TENANT, DOMAIN)

    dkim = next(looking)
    asked = list(resolver.asked)
    report, others = at_once(looking)

    assert asked == [(f"google._domainkey.{DOMAIN}", "TXT")]
    assert tuple(one.subject for one in (dkim, *others)) == LOOKED_AT
    assert sorted((dkim, *others), key=report.findings.index) == list(report.findings)


def test_whoever_leaves_in_between_asks_no_further(zone: Zone) -> None:
    """And the next check may run at once."""
    resolver, turns = FakeResolver(zone), make_turns(1)
    looking = DomainCheck(resolver, turns).running(TENANT, DOMAIN)
    next(looking)

    looking.close()

    assert len(resolver.asked) == 1
    with turns.of("ten_2"):
        pass
