"""The files of the container fit the project; no image is built here."""

from __future__ import annotations

import dataclasses
import json
import re

import tomllib

from grader import ROOT
from grader.core.settings import ENV_PREFIX, Settings

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def copied() -> list[str]:
    """What the image copies of the checkout."""
    lines = re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.M)
    return [name for line in lines for name in line.split()]


def test_what_is_copied_exists_and_is_let_through() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert lines[0] == "*"  # what is not named stays out: the secret, results
    assert {line[1:] for line in lines if line.startswith("!")} == set(copied())
    assert [name for name in copied() if not (ROOT / name).exists()] == []
    assert {"requirements.lock", "grader", "starter", "solutions"} <= set(copied())


def test_the_versions_are_those_of_the_project() -> None:
    torch = next(name for name in PROJECT["dependencies"] if name.startswith("torch"))
    setup = (ROOT / "grader/authoring/gradescope/setup.sh").read_text("utf-8")
    for text in (DOCKERFILE, setup):
        assert f" {torch} " in text
        assert "--require-hashes" in text
    assert "FROM python:3.11" in DOCKERFILE
    assert PROJECT["requires-python"] == ">=3.11"


def test_its_settings_exist_and_its_floor_is_landlock() -> None:
    named = dict(re.findall(rf"{ENV_PREFIX}(\w+)=(\S+)", DOCKERFILE))
    assert {name.lower() for name in named} <= {f.name for f in dataclasses.fields(Settings)}
    assert named["FLOOR"] == "landlock"
    assert "USER grader" in DOCKERFILE


def test_the_devcontainer_builds_the_same_environment() -> None:
    file = ROOT / ".devcontainer" / "devcontainer.json"
    build = json.loads(file.read_text("utf-8"))["build"]
    assert (file.parent / build["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert f"AS {build['target']}\n" in DOCKERFILE
