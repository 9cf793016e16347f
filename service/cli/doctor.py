"""``postausgang doctor``."""

import json
import sys

import click

from service import settings
from service.doctor.finding import Condition, Finding
from service.wiring.health import examine

_MARKS = {Condition.OK: "✓", Condition.TO_DO: "○", Condition.OPTIONAL: "○", Condition.PROBLEM: "✗"}


@click.command()
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document for programs.")
@click.option(
    "--online", is_flag=True, help="Also ask this service's public address, and Google for the time."
)
@click.option("--language", type=click.Choice(["en", "de"]), default="en", help="Of the sentences.")
def doctor(*, is_json: bool, online: bool, language: str) -> None:
    """Check keys, client, database, worker and set-up; ends with 1 when something is broken.

    Each line is ✓ (in order), ○ (still to do) or ✗ (broken), and says what helps.
    """
    findings = examine(settings.load(), is_online=online)
    if is_json:
        click.echo(json.dumps([_document(each, language) for each in findings], ensure_ascii=False, indent=2))
    else:
        for each in findings:
            click.echo("\n".join(_lines(each, language)))
    if any(each.condition is Condition.PROBLEM for each in findings):
        sys.exit(1)


def _lines(finding: Finding, language: str) -> list[str]:
    remark = finding.remark
    facts = [fact for fact in (finding.detail, finding.copy) if fact]
    title, sentence = finding.title.in_language(language), remark.sentence.in_language(language)
    lines = [
        f"{_MARKS[finding.condition]} {title}: {sentence}",
        *(f"    {line}" for fact in facts for line in fact.splitlines()),
    ]
    if remark.fix is not None:
        lines.append(f"    → {remark.fix.in_language(language)}")
    return lines


def _document(finding: Finding, language: str) -> dict[str, str | None]:
    remark = finding.remark
    return {
        "check": finding.check,
        "state": finding.condition,
        "code": finding.code,
        "sentence": remark.sentence.in_language(language),
        "fix": None if remark.fix is None else remark.fix.in_language(language),
        "detail": finding.detail,
        "copy": finding.copy,
    }
