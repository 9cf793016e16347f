"""What the short commands do and print."""

import stat
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from service.access.member import Member, Role
from service.cli import main
from service.identifiers import new_id
from service.storage.database import Database
from service.storage.stores import open_stores
from tests.cli.conftest import Terminal
from tests.fakes.sealer import FakeSealer

COMMANDS = (
    (),
    ("serve",),
    ("web",),
    ("worker",),
    ("migrate",),
    ("tenants",),
    ("tenants", "add"),
    ("tenants", "list"),
    ("tenants", "uncertain"),
    ("api-keys",),
    ("api-keys", "create"),
    ("api-keys", "list"),
    ("api-keys", "revoke"),
    ("login-link",),
    ("members",),
    ("members", "add"),
    ("members", "list"),
    ("members", "remove"),
    ("operators",),
    ("operators", "list"),
    ("operators", "forget"),
    ("keys",),
    ("keys", "generate"),
    ("keys", "list"),
    ("keys", "rotate"),
    ("doctor",),
    ("sandbox",),
    ("demo",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    """``--help`` and ``-h`` end with 0, a usage line and a sentence, with nothing set up."""
    for option in ("--help", "-h"):
        result = CliRunner().invoke(main, [*command, option])
        lines = result.stdout.splitlines()
        assert result.exit_code == 0
        assert lines[0].startswith("Usage: ")
        assert lines[2].strip().endswith((".", ",", "—")) or len(lines[2].split()) > 3


def test_no_command_is_missing_here() -> None:
    """The list above names every command that there is."""
    found: set[tuple[str, ...]] = {()}
    for name, command in main.commands.items():
        found.add((name,))
        found |= {(name, inner) for inner in getattr(command, "commands", {})}

    assert found == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_unknown_option_is_named(command: tuple[str, ...]) -> None:
    """A mistyped option ends with 2 and its name, and does nothing."""
    result = CliRunner().invoke(main, [*command, "--tenat"])

    assert result.exit_code == 2
    assert "No such option '--tenat'" in result.stderr


def test_an_unknown_command_is_named() -> None:
    """A mistyped command ends with 2 and its name."""
    result = CliRunner().invoke(main, ["migrat"])

    assert result.exit_code == 2
    assert "migrat" in result.stderr


def test_it_says_its_version() -> None:
    """``--version`` names program and number."""
    assert "0.1.0" in CliRunner().invoke(main, ["--version"]).stdout


def test_migrate_makes_the_database_and_can_be_repeated(bare: Terminal) -> None:
    """Twice in a row: the same answer, one file that only its owner reads."""
    assert bare.ok("migrate") == bare.ok("migrate") == "The database is up to date."
    assert stat.S_IMODE(bare.database.stat().st_mode) == 0o600


def test_tenants_are_added_and_listed(terminal: Terminal) -> None:
    """``add`` prints the id alone, so that a script can take it."""
    first, second = terminal.ok("tenants", "add", "Muster GmbH"), terminal.ok("tenants", "add", "Größe & Co")

    assert terminal.ok("tenants", "list").splitlines() == [f"{first}  Muster GmbH", f"{second}  Größe & Co"]


def test_a_key_is_shown_once_listed_and_revoked(terminal: Terminal) -> None:
    """The secret is printed by ``create`` alone; ``revoke`` ends the key."""
    tenant = terminal.ok("tenants", "add", "Muster GmbH")
    secret = terminal.ok("api-keys", "create", "--tenant", tenant, "--name", "ERP")
    listed = terminal.ok("api-keys", "list", "--tenant", tenant)
    key_id = listed.split()[0]

    assert secret not in listed
    assert "valid" in listed
    assert listed.endswith("ERP")
    assert terminal.ok("api-keys", "revoke", "--tenant", tenant, key_id) == f"Key {key_id} is revoked."
    assert "ended" in terminal.ok("api-keys", "list", "--tenant", tenant)


def test_a_key_may_be_limited(terminal: Terminal) -> None:
    """``--right`` can be repeated; a right that is not there is refused."""
    tenant = terminal.ok("tenants", "add", "Muster GmbH")
    create = ("api-keys", "create", "--tenant", tenant, "--name", "ERP")
    terminal.ok(*create, "--right", "send", "--days", "30")

    assert "  send  ERP" in terminal.ok("api-keys", "list", "--tenant", tenant)
    assert terminal.run(*create, "--right", "everything").exit_code == 2
    assert terminal.run(*create, "--days", "0").exit_code == 2


@pytest.mark.parametrize("name", ["", "  ", "ERP\nforged line", "x" * 101])
def test_a_key_has_a_name_of_one_line(terminal: Terminal, name: str) -> None:
    """It stands in lists and in timelines, beside what it did."""
    tenant = terminal.ok("tenants", "add", "Muster GmbH")

    result = terminal.run("api-keys", "create", "--tenant", tenant, "--name", name)

    assert result.exit_code == 2
    assert "Invalid value for '--name'" in result.stderr
    assert terminal.ok("api-keys", "list", "--tenant", tenant) == ""


def test_a_key_for_a_connection_that_is_not_there_is_refused(terminal: Terminal) -> None:
    """A slip in the id, or another company's, would make a key that may use nothing."""
    tenant = terminal.ok("tenants", "add", "Muster GmbH")
    create = ("api-keys", "create", "--tenant", tenant, "--name", "ERP")

    assert terminal.refusal(*create, "--connection", new_id("con")) == ["There is no such connection."]
    assert terminal.ok("api-keys", "list", "--tenant", tenant) == ""


def test_a_login_link_leads_to_the_public_address(terminal: Terminal) -> None:
    """The link alone is printed; each one is new."""
    tenant = terminal.ok("tenants", "add", "Muster GmbH")
    links = {terminal.ok("login-link", "--tenant", tenant) for _ in range(2)}

    assert len(links) == 2
    assert all(link.startswith(f"{terminal.environment['POSTAUSGANG_PUBLIC_URL']}/login/") for link in links)


def test_a_login_link_says_as_whom(terminal: Terminal) -> None:
    """For a tenant an admin's or a member's; for the operator no tenant is named. Never both."""
    tenant = terminal.ok("tenants", "add", "Muster GmbH")
    for options in (("--tenant", tenant, "--role", "member"), ("--operator",)):
        assert "/login/" in terminal.ok("login-link", *options)

    for wrong in (
        (),
        ("--operator", "--tenant", tenant),
        ("--operator", "--role", "admin"),
        ("--tenant", tenant, "--role", "operator"),
    ):
        assert terminal.run("login-link", *wrong).exit_code == 2
    assert terminal.run("login-link", "--tenant", "ten_unknown").exit_code == 1


def test_members_are_added_listed_and_removed(terminal: Terminal) -> None:
    """By address, each with a role; the last admin stays."""
    tenant = terminal.ok("tenants", "add", "Muster GmbH")
    admin = terminal.ok("members", "add", "--tenant", tenant, "Chefin@Muster.de", "--role", "admin")
    member = terminal.ok("members", "add", "--tenant", tenant, "anna@muster.de")

    assert terminal.ok("members", "list", "--tenant", tenant).splitlines() == [
        f"{member}  member  anna@muster.de  never signed in",
        f"{admin}  admin  chefin@muster.de  never signed in",
    ]
    assert terminal.ok("members", "remove", "--tenant", tenant, member) == f"Member {member} is removed."
    last = terminal.run("members", "remove", "--tenant", tenant, admin)
    assert (last.exit_code, "at least one admin" in last.stderr) == (1, True)


def test_operators_are_listed_and_forgotten(terminal: Terminal) -> None:
    """Who has signed in with Google, and whether the settings still name them; then they are gone."""
    seen = datetime(2026, 11, 23, tzinfo=UTC)
    database = Database(terminal.environment["POSTAUSGANG_DATABASE_URL"])
    store = open_stores(database, FakeSealer()).members
    for number, address in enumerate(("anna@muster.de", "ben@muster.de")):
        store.add(Member(f"mem_{number}", None, address, Role.OPERATOR, seen, f"sub-{number}", None, seen))
    database.close()
    terminal.environment["POSTAUSGANG_OPERATORS"] = "Anna@Muster.de"

    assert terminal.ok("operators", "list").splitlines() == [
        "anna@muster.de  2026-11-23",
        "ben@muster.de  2026-11-23  no longer in the settings",
    ]
    assert terminal.ok("operators", "forget", "Anna@muster.de").startswith("The Google account of anna@")
    assert terminal.ok("operators", "list").splitlines() == [
        "ben@muster.de  2026-11-23  no longer in the settings"
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("members", "add", "--tenant", "ten_unknown", "anna@muster.de"),
        ("members", "list", "--tenant", "ten_unknown"),
        ("members", "remove", "--tenant", "ten_unknown", "mem_unknown"),
        ("operators", "forget", "anna@muster.de"),
        ("tenants", "add", " "),
    ],
)
def test_what_there_is_not_ends_with_one_line(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    """And status 1."""
    result = terminal.run(*arguments)

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_keys_are_generated_listed_and_rotated(bare: Terminal) -> None:
    """Each new key stands last; ``rotate`` seals with it what tenants have."""
    bare.ok("keys", "generate")
    bare.ok("migrate")
    tenant = bare.ok("tenants", "add", "Muster GmbH")
    before = bare.ok("keys", "list").split()
    answer = bare.ok("keys", "rotate")
    after = bare.ok("keys", "list").split()

    assert after[:-1] == before
    assert f"Key {after[-1]} now seals" in answer
    assert stat.S_IMODE(bare.keyring.stat().st_mode) == 0o600
    assert bare.ok("tenants", "list").startswith(tenant)
