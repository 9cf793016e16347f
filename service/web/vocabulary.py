"""The filters and words that every template may use."""

from flask import Blueprint

from service.catalogue import anchor
from service.web.browser import Browser
from service.web.language import LANGUAGES, language
from service.web.menu import Menu
from service.web.problems import advice
from service.web.rights import Rights
from service.web.signin import here
from service.web.times import Times
from service.web.told import Told
from service.web.words import (
    ACCOUNTS,
    CHECK_RESULTS,
    CHECK_STEPS,
    CONDITIONS,
    DOMAIN_PRAISE,
    DOMAIN_RESULTS,
    DOMAIN_SUBJECTS,
    KEYS,
    KINDS,
    OUTCOMES,
    PROBE_STEPS,
    ROLES,
    STATES,
    STATUSES,
    WAY_STATUSES,
    WAYS,
    breakable,
    decimal,
    duration,
    host,
    size,
    with_commands,
)

_FILTERS = (size, breakable, decimal, host, duration, with_commands)
_WORDS: dict[str, object] = {
    "language": language,
    "languages": LANGUAGES,
    "here": here,
    "advice_of": advice,
    "anchor_of": anchor,
    "states": STATES,
    "statuses": STATUSES,
    "kinds": KINDS,
    "outcomes": OUTCOMES,
    "ways": WAYS,
    "way_statuses": WAY_STATUSES,
    "probe_steps": PROBE_STEPS,
    "check_steps": CHECK_STEPS,
    "check_results": CHECK_RESULTS,
    "domain_subjects": DOMAIN_SUBJECTS,
    "domain_results": DOMAIN_RESULTS,
    "domain_praise": DOMAIN_PRAISE,
    "roles": ROLES,
    "conditions": CONDITIONS,
    "accounts": ACCOUNTS,
    "key_words": KEYS,
}


def teach(web: Blueprint, browser: Browser, rights: Rights, menu: Menu, times: Times, told: Told) -> None:
    """Let every template of ours use them, and what is known of the present request."""
    for one in _FILTERS:
        web.add_app_template_filter(one)
    for written in (times.instant, times.exact, times.in_full):
        web.add_app_template_filter(written, written.__name__)
    words = _WORDS | {
        "form_token": browser.form_token,
        "time_zone": times.zone.key,
        "own_tenant": browser.tenant,
        "own_standing": browser.standing,
        "may": rights.may,
        "menu": menu,
        "settings_menu": menu.settings,
        "just_done": told.take,
    }
    web.app_context_processor(lambda: words)
