"""``pip install -r requirements.txt`` in a service's folder installs the service."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def project_of(folder: Path) -> dict[str, object]:
    project: dict[str, object] = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    return project


def workspace_members(folder: Path) -> set[str]:
    tool = project_of(folder).get("tool", {})
    assert isinstance(tool, dict)
    return set(tool.get("uv", {}).get("sources", {}))


@pytest.mark.parametrize("service", ["gateway", "lobby", "measurement", "simulation", "storage"])
def test_the_requirements_name_the_service_and_all_it_stands_on(service: str) -> None:
    folder = ROOT / service
    lines = (folder / "requirements.txt").read_text("utf-8").splitlines()
    packages = [(folder / line.removeprefix("-e ")).resolve() for line in lines]

    needed, waiting = {f"sonalyze-{service}"}, [folder]
    while waiting:
        members = workspace_members(waiting.pop()) - needed
        needed |= members
        waiting += [ROOT / "libs" / member.removeprefix("sonalyze-") for member in members]
    named = {project_of(package)["project"]["name"] for package in packages}  # type: ignore[index]  a TOML table

    assert named == needed
