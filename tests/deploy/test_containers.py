"""The image and the compose file name what exists, run without rights, and carry no secret."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.cli import main
from service.settings import Settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
OURS = ("migrate", "web", "worker", "admin")


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """The services of the compose file."""
    document = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    answer: dict[str, dict[str, Any]] = document["services"]
    return answer


def test_what_the_image_copies_is_let_through_to_the_builder() -> None:
    """Each COPY of the Dockerfile is allowed by its ignore file, and exists."""
    allowed = (ROOT / "deploy/Dockerfile.dockerignore").read_text().splitlines()

    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists()
            assert f"!{source}" in allowed


def test_the_builder_gets_no_secret() -> None:
    """Everything is ignored first, and neither credentials nor tests are let in again."""
    rules = [
        line
        for line in (ROOT / "deploy/Dockerfile.dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]

    assert rules[0] == "*"
    assert not [
        rule for rule in rules if rule.startswith("!") and re.search(r"credentials|tests|\.env", rule)
    ]
    assert not re.search(
        r"^(ENV|ARG) .*(SECRET|PASSWORD|TOKEN|KEY)", DOCKERFILE, re.MULTILINE | re.IGNORECASE
    )


def test_the_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    """Each download is checked against the lock files, and the last USER is not root."""
    for line in re.findall(r"pip install [^&\n]+", DOCKERFILE):
        assert "--require-hashes" in line or "--no-index" in line
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)[-1] == "10001:10001"


def test_the_image_keeps_the_descriptions_that_the_code_builds_from() -> None:
    """The Dockerfile keeps the discovery document of each Google API that the code builds."""
    built = {
        f"{name}.{version}.json"
        for file in (ROOT / "service").rglob("*.py")
        for name, version in re.findall(r'\bbuild\(\s*"(\w+)",\s*"(\w+)"', file.read_text())
    }

    assert built
    assert built <= set(re.findall(r"! -name (\S+\.json)", DOCKERFILE))


def test_the_settings_in_image_and_compose_file_exist(services: dict[str, dict[str, Any]]) -> None:
    """Each POSTAUSGANG_… variable is a setting, or one of the compose file's own two."""
    named = set(re.findall(r"POSTAUSGANG_([A-Z_]+)=", DOCKERFILE))
    named |= {
        name.removeprefix("POSTAUSGANG_") for name in OURS for name in services[name].get("environment", {})
    }

    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_the_health_check_asks_the_port_that_is_served() -> None:
    """EXPOSE, the setting, and the address of the health check agree."""
    port = re.findall(r"POSTAUSGANG_PORT=(\d+)", DOCKERFILE)

    assert re.findall(r"^EXPOSE (\d+)", DOCKERFILE, re.MULTILINE) == port
    assert re.findall(r"127\.0\.0\.1:(\d+)/healthz", DOCKERFILE) == port


@pytest.mark.parametrize("name", OURS)
def test_each_process_runs_a_real_command_without_rights(
    name: str, services: dict[str, dict[str, Any]]
) -> None:
    """The command exists; the file system is read-only, all capabilities are dropped, none can be gained."""
    service = services[name]

    assert service["command"] == ["--help"] or service["command"][0] in main.commands
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_only_the_admin_may_write_credentials(services: dict[str, dict[str, Any]]) -> None:
    """Web and worker read the keyring; only `keys generate` and `keys rotate` write it."""
    writable = [name for name in OURS if "../credentials:/credentials" in services[name]["volumes"]]

    assert writable == ["admin"]


def test_the_web_process_is_reached_from_this_machine_only(services: dict[str, dict[str, Any]]) -> None:
    """The published port is bound to loopback: TLS is the reverse proxy's."""
    assert services["web"]["ports"] == ["127.0.0.1:8025:8025"]
    assert not [name for name in services if name != "web" and "ports" in services[name]]


def test_nothing_starts_before_the_database_is_migrated(services: dict[str, dict[str, Any]]) -> None:
    """Web and worker wait for the migration, which waits for a healthy database."""
    for name in ("web", "worker"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert services["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}


def test_no_secret_is_in_the_environment(services: dict[str, dict[str, Any]]) -> None:
    """Passwords and addresses with passwords come from files."""
    for service in services.values():
        for name in service.get("environment", {}):
            assert name.endswith("_FILE") or not re.search(r"PASSWORD|SECRET|DATABASE_URL", name)
