"""What the compose files promise of containers and networks, and the script that makes what they need."""

import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[3]
PREPARE = "perg_site/deployment/prepare.sh"
Service = dict[str, Any]  # Any: YAML


def load(*names: str) -> dict[str, Any]:
    """The files as compose puts them together."""
    whole: dict[str, Any] = {"services": {}, "networks": {}, "secrets": {}, "volumes": {}}
    for name in names:
        document = yaml.safe_load((REPOSITORY / name).read_text())
        for part in whole:
            whole[part] |= document.get(part) or {}
    return whole


COMPOSE = load("docker-compose.yml", "docker-compose.gpu.yml")
SERVICES: dict[str, Service] = COMPOSE["services"]
RUNS_AS_ROOT = {"vllm"}  # as its image expects it; it sees neither secrets nor databases


def networks_of(name: str) -> set[str]:
    return set(SERVICES[name].get("networks") or {"default"})


def neighbours(name: str) -> set[str]:
    """The services that can reach this one."""
    return {other for other in SERVICES if other != name and networks_of(other) & networks_of(name)}


@pytest.mark.parametrize("name", SERVICES)
class TestEveryContainer:
    def test_has_no_capabilities_and_gets_none(self, name: str) -> None:
        service = SERVICES[name]
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert not {"cap_add", "privileged", "pid", "ipc", "network_mode", "devices"} & set(service)

    def test_has_limits_of_memory_and_processes(self, name: str) -> None:
        service = SERVICES[name]
        assert re.fullmatch(r"(\$\{\w+:-)?\d+[mg]}?", service["mem_limit"])
        assert service["pids_limit"] > 0

    def test_writes_to_volumes_and_memory_only(self, name: str) -> None:
        assert SERVICES[name]["read_only"] is True
        assert not [volume for volume in SERVICES[name].get("volumes", ()) if "docker.sock" in volume]

    def test_runs_as_somebody_else_than_root(self, name: str) -> None:
        user = str(SERVICES[name].get("user", "root"))
        assert (user.split(":")[0] in {"root", "0"}) == (name in RUNS_AS_ROOT)

    def test_has_an_image_that_is_built_here_or_named_by_digest(self, name: str) -> None:
        service = SERVICES[name]
        if "build" not in service:
            assert re.fullmatch(r"\$\{\w+_IMAGE:\?.+}", service["image"])

    def test_has_no_secret_in_its_environment(self, name: str) -> None:
        environment = SERVICES[name].get("environment", {})
        assert not {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "POSTGRES_PASSWORD"} & set(environment)
        assert "password" not in " ".join(map(str, environment.values())).replace(
            "/run/secrets/postgres_password", ""
        )


def test_only_the_proxy_publishes_a_port_and_that_on_this_machine_unless_told_otherwise() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert SERVICES["proxy"]["ports"] == ["${BIND:-127.0.0.1}:${PORT:-8000}:8080"]


def test_only_the_proxy_reaches_the_web_server() -> None:
    assert neighbours("web") == {"proxy", "postgres", "redis"}
    assert neighbours("proxy") == {"web"}


def test_only_what_works_with_the_databases_reaches_them() -> None:
    users = {"web", "worker", "worker-gpu", "worker-llm", "beat", "migrate"}
    assert neighbours("postgres") - {"redis"} == users
    assert neighbours("redis") - {"postgres"} == users


def test_the_databases_and_the_web_servers_own_network_have_no_way_out() -> None:
    for name in networks_of("postgres") | networks_of("redis") | {"front"}:
        assert COMPOSE["networks"][name]["internal"] is True
    assert networks_of("beat") == {"worker-data"}


def test_the_web_server_believes_the_proxys_address_and_no_other() -> None:
    address = SERVICES["proxy"]["networks"]["front"]["ipv4_address"]
    assert SERVICES["web"]["environment"]["TRUSTED_PROXIES"] == address
    (subnet,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    assert address.rpartition(".")[0] == subnet["subnet"].rpartition(".")[0]


def test_redis_asks_for_a_password_that_is_in_no_list_of_processes() -> None:
    command = " ".join(SERVICES["redis"]["command"])
    assert "requirepass" in command
    assert "/run/secrets/redis_password" in command
    assert "$" not in command


def test_every_secret_that_is_used_is_a_file_that_the_script_makes() -> None:
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    assert used == set(COMPOSE["secrets"])
    assert all(COMPOSE["secrets"][name] == {"file": f"./secrets/{name}"} for name in used)
    assert set(re.findall(r"^make_secret (\w+)", (REPOSITORY / PREPARE).read_text(), re.M)) == used


def test_the_images_of_this_repository_end_as_a_user_who_is_not_root() -> None:
    for name in ("Dockerfile", "Dockerfile.gpu"):
        users = re.findall(r"^USER (\S+)", (REPOSITORY / name).read_text(), re.M)
        assert users[-1] == "perg"


class TestPreparing:
    """`prepare.sh` in a folder of its own, with a `docker` that answers as the real one does."""

    DIGEST = "sha256:" + "ab" * 32

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        script = tmp_path / PREPARE
        script.parent.mkdir(parents=True)
        script.write_bytes((REPOSITORY / PREPARE).read_bytes())
        docker = tmp_path / "bin/docker"
        docker.parent.mkdir()
        docker.write_text(
            f'#!/bin/sh\necho "$@" >> "{tmp_path}/calls"\n'
            f'[ "$1" = pull ] || echo "registry.example/$5@{self.DIGEST}"\n'
        )
        docker.chmod(0o755)
        return tmp_path

    def prepare(self, folder: Path, *options: str) -> int:
        path = f"{folder}/bin:{os.environ['PATH']}"
        command = ["sh", str(folder / PREPARE), *options]
        return subprocess.run(command, env={"PATH": path}, check=False).returncode

    def test_makes_random_secrets_and_pins_every_image(self, folder: Path) -> None:
        assert self.prepare(folder, "--check") == 1
        assert self.prepare(folder) == 0
        assert self.prepare(folder, "--check") == 0
        environment = dict(line.split("=", 1) for line in (folder / ".env").read_text().splitlines())
        wanted = {
            match
            for name, service in SERVICES.items()
            if name != "vllm"
            for match in re.findall(r"\$\{(\w+_IMAGE):\?", str(service))
        }
        assert set(environment) == wanted
        assert all(value.endswith("@" + self.DIGEST) for value in environment.values())
        secrets = {file.name: file.read_text() for file in (folder / "secrets").iterdir()}
        assert set(secrets) == set(COMPOSE["secrets"])
        assert len(secrets["secret_key"]) == 64
        assert secrets["postgres_password"] in secrets["database_url"]
        assert secrets["redis_password"] in secrets["redis_url"]
        assert len({secrets["secret_key"], secrets["postgres_password"], secrets["redis_password"]}) == 3

    def test_what_it_made_is_closed_to_other_users_of_the_machine(self, folder: Path) -> None:
        self.prepare(folder)
        assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600

    def test_run_again_it_changes_nothing(self, folder: Path) -> None:
        self.prepare(folder)
        before = {file: file.read_text() for file in [folder / ".env", *(folder / "secrets").iterdir()]}
        calls = (folder / "calls").read_text()
        assert self.prepare(folder) == 0
        assert {file: file.read_text() for file in before} == before
        assert (folder / "calls").read_text() == calls

    def test_it_goes_on_with_the_secrets_of_an_earlier_version(self, folder: Path) -> None:
        (folder / ".env").write_text("SECRET_KEY=old-key\nPOSTGRES_PASSWORD=old-password\nPORT=80\n")
        self.prepare(folder)
        assert (folder / "secrets/secret_key").read_text() == "old-key"
        assert "old-password" in (folder / "secrets/database_url").read_text()
        assert "PORT=80" in (folder / ".env").read_text()

    def test_an_image_without_a_digest_fails_the_check(self, folder: Path) -> None:
        self.prepare(folder)
        lines = (folder / ".env").read_text().replace(f"@{self.DIGEST}", "", 1)
        (folder / ".env").write_text(lines)
        assert self.prepare(folder, "--check") == 1
        assert self.prepare(folder, "--gpu") == 0
        assert self.prepare(folder, "--gpu", "--check") == 0
