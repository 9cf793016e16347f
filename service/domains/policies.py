"""SPF (RFC 7208) and DMARC (RFC 9989), read by checkdmarc.

It is imported when it is first needed: that takes a second. It calls what nobody answered *not found*, and
keeps answers for half an hour; both are mended here.
"""

from typing import Any

from service.domains.report import Finding, Record, Result, Subject
from service.domains.watched import Watched

GOOGLE = "_spf.google.com"
_VERSION = "v=spf1"
_NOT_KNOWN = "dns-unavailable"


def forget_answers() -> None:
    """Whoever presses *Check again* wants to know how it is now."""
    from checkdmarc import utils  # noqa: PLC0415, see above

    utils.DNS_CACHE.clear()


def check_spf(domain: str, resolver: Watched) -> Finding:
    """Whether the domain lets Google send for it, and whether receivers can evaluate its record."""
    from checkdmarc import spf  # noqa: PLC0415, see above

    try:
        text = spf.query_spf_record(domain, resolver=resolver)["record"]
    except spf.SPFRecordNotFound:
        wanted = Record(domain, f"{_VERSION} include:{GOOGLE} ~all")
        return _wrong(Subject.SPF, "spf-missing", resolver, wanted=wanted)
    except spf.SPFError:
        return _wrong(Subject.SPF, "spf-invalid", resolver)
    found = Record(domain, text)
    try:
        parsed = spf.parse_spf_record(text, domain, resolver=resolver)["parsed"]
    except spf.SPFTooManyDNSLookups:
        return Finding(Subject.SPF, Result.FAILED, "spf-too-many-look-ups", found)
    except spf.SPFError:
        return _wrong(Subject.SPF, "spf-invalid", resolver, found)
    if _includes_google(parsed):
        return Finding(Subject.SPF, Result.OK, found=found)
    wanted = Record(domain, f"{_VERSION} include:{GOOGLE} {text[len(_VERSION) :].strip()}".strip())
    return _wrong(Subject.SPF, "spf-without-google", resolver, found, wanted)


def check_dmarc(domain: str, resolver: Watched) -> Finding:
    """Whether the domain, or one above it, has a policy that can be read."""
    from checkdmarc import dmarc  # noqa: PLC0415, see above

    try:
        query = dmarc.query_dmarc_record(domain, resolver=resolver)
    except dmarc.DMARCRecordNotFound:
        wanted = Record(f"_dmarc.{domain}", "v=DMARC1; p=none")
        return _wrong(Subject.DMARC, "dmarc-missing", resolver, wanted=wanted)
    except dmarc.DMARCError:
        return _wrong(Subject.DMARC, "dmarc-invalid", resolver)
    found = Record(f"_dmarc.{query['location']}", query["record"])
    try:
        dmarc.parse_dmarc_record(query["record"], query["location"], resolver=resolver)
    except dmarc.DMARCError:
        return _wrong(Subject.DMARC, "dmarc-invalid", resolver, found)
    return Finding(Subject.DMARC, Result.OK, found=found)


def _wrong(
    subject: Subject, code: str, resolver: Watched, found: Record | None = None, wanted: Record | None = None
) -> Finding:
    """A fault, unless it may only be an answer that stayed out."""
    if resolver.is_incomplete:
        return Finding(subject, Result.UNKNOWN, _NOT_KNOWN, found)
    return Finding(subject, Result.FAILED, code, found, wanted)


def _includes_google(parsed: dict[str, Any] | None) -> bool:
    """Whether Google's record is reached, directly or by somebody else's."""
    if parsed is None:
        return False
    redirect = parsed.get("redirect") or {}
    if redirect.get("domain") == GOOGLE or _includes_google(redirect.get("parsed")):
        return True
    return any(
        (one["mechanism"] == "include" and one["value"] == GOOGLE) or _includes_google(one.get("parsed"))
        for one in parsed["mechanisms"]
    )
