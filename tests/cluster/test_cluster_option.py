"""What ``grader batch --cluster`` refuses, with or without Dask."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from class_folders import a_class
from click.testing import CliRunner

from grader.cli import main


def said(tmp_path: Path, *arguments: str) -> str:
    folder = a_class(tmp_path / "class", 1)
    run = CliRunner().invoke(
        main, ["batch", str(folder), "--out", str(tmp_path / "out"), "--lang", "en", *arguments]
    )
    assert run.exit_code == 2
    assert not (tmp_path / "out" / "grades.sqlite").exists()
    return run.output


def test_without_the_extra_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "distributed" else found(name)
    )
    assert "pip install 'rnn-lab-grader[cluster]'" in said(tmp_path, "--cluster", "local:2")


@pytest.mark.skipif(not importlib.util.find_spec("distributed"), reason="needs the extra `cluster`")
@pytest.mark.parametrize("address", ["local", "local:0", "host:8786", "tls://host", "http://a:1"])
def test_what_is_no_cluster_is_refused(tmp_path: Path, address: str) -> None:
    assert "is no cluster" in said(tmp_path, "--cluster", address)


@pytest.mark.skipif(not importlib.util.find_spec("distributed"), reason="needs the extra `cluster`")
def test_jobs_are_the_clusters_business(tmp_path: Path) -> None:
    assert "exclude each other" in said(tmp_path, "--cluster", "local:2", "--jobs", "2")
