"""What is bound into the jail and what is carried into it, without entering it."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import pytest

from grader import ROOT
from grader.sandbox import jail, libraries, packages
from grader.sandbox.capture import capture
from grader.sandbox.confinement_errors import error_for
from grader.sandbox.control import Failed
from grader.sandbox.output import Output


def names(kind: packages.Kind) -> set[str]:
    return {Path(entry).name for entry in packages.needed(kind).entries}


def test_the_numpy_server_sees_numpy_and_the_pdf_reader_alone() -> None:
    seen = names("numpy")
    assert {"numpy", "pypdf"} <= seen
    assert {name for name in seen if not name.startswith(("numpy", "pypdf"))} == set()


def test_the_torch_server_sees_what_torch_needs_and_no_more() -> None:
    seen = names("torch")
    assert {"numpy", "torch", "sympy", "typing_extensions.py"} <= seen
    assert not seen & {"pytest", "_pytest", "click", "hypothesis", "matplotlib", "grader"}
    assert not any(name.endswith(".pth") for name in seen)


def test_site_folders_below_the_interpreter_are_covered() -> None:
    plan = jail.plan((), (str(ROOT / "starter" / "tests" / "kit"),), str(ROOT))
    site = Path(sys.base_prefix, "lib", f"python3.{sys.version_info[1]}", "site-packages")
    if site.is_dir():
        assert str(site) in plan.covered


def test_a_checkout_below_a_bind_is_covered() -> None:
    checkout = f"{sysconfig.get_path('stdlib')}/somewhere/grader"
    assert checkout in jail.plan((), ("kit",), checkout).covered


def test_a_grader_among_the_interpreters_own_packages_is_covered_once() -> None:
    site = Path(sys.base_prefix, "lib", f"python3.{sys.version_info[1]}", "site-packages")
    covered = jail.plan((), ("kit",), str(site)).covered
    assert covered.count(str(site)) == 1


def test_no_home_and_no_configuration_is_bound() -> None:
    plan = jail.plan((), ("kit",), str(ROOT))
    assert not {"/", "/home", "/root", "/etc", "/usr", "/tmp", "/var"} & set(plan.binds)
    assert not any(str(ROOT).startswith(bind) for bind in plan.binds)


def test_of_the_system_only_needed_libraries_are_bound() -> None:
    seen = packages.needed("torch")
    found = libraries.needed(seen.libraries)
    plan = jail.plan(seen.entries, ("kit",), str(ROOT), libraries=found)
    system = [b for b in plan.binds if b.startswith(("/usr/lib", "/lib"))]
    standard = sysconfig.get_path("stdlib")
    assert [b for b in system if "/locale/" not in b and not b.startswith(standard)] == []
    assert "/etc/alternatives" not in plan.binds
    names = {Path(at).name for at in plan.libraries}
    assert {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6"} <= names
    assert len(plan.libraries) < 100
    assert all(Path(file).is_file() and not Path(file).is_symlink() for _, file in found)
    assert not any(
        Path(at).is_relative_to(entry) for at in plan.libraries for entry in seen.entries
    )
    assert set(plan.libraries.values()) <= set(jail.readable(plan))


def test_what_no_code_imports_is_shown_empty() -> None:
    seen = packages.needed("torch")
    plan = jail.plan(seen.entries, ("kit",), str(ROOT))
    names = {Path(path).name for path in plan.unused}
    assert "include" in names  # of torch: 9,000 headers
    assert not any(
        path.startswith(folder) for path in jail.readable(plan) for folder in plan.unused
    )


def test_libraries_are_found_as_the_loader_finds_them(tmp_path: Path) -> None:
    """Every shared library of the system that this process has mapped is one of those found."""
    import numpy.linalg

    assert numpy.linalg
    mapped = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
    mapped = {path for path in mapped if ".so" in Path(path).name and path.startswith("/")}
    found = {file for _, file in libraries.needed(packages.needed("torch").libraries)}
    known = {p for p in mapped if p in found or "site-packages" in p or "lib-dynload" in p}
    assert {p for p in mapped - known if p.startswith(("/lib", "/usr/lib"))} <= not_ours()
    (tmp_path / "no library.so").write_bytes(b"\x7fELF\x02\x01" + b"\xff" * 200)
    (tmp_path / "empty.so").write_bytes(b"")
    odd = tuple(str(path) for path in tmp_path.iterdir())
    assert len(libraries.needed(odd)) == len(libraries.needed(())) + len(odd)


def not_ours() -> set[str]:
    """Libraries that the tools of the tests have loaded, and no worker loads."""
    return {line for line in os.environ.get("LD_PRELOAD", "").split(":") if line}


def checkout_with(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        path = tmp_path / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_guest_is_carried_with_what_it_imports(tmp_path: Path) -> None:
    checkout = checkout_with(
        tmp_path,
        lab__guest="from .helper import x\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import solutions.secret",
        lab__helper="def x():\n    from lab import late",
        lab__late="import json, numpy",
        lab__other="",
        solutions__secret="",
    )
    carried = capture("lab.guest", checkout)
    for name in ("lab", "lab.guest", "lab.helper", "lab.late"):
        assert carried.find_spec(name, None) is not None
    for name in ("lab.other", "solutions", "json", "numpy"):
        assert carried.find_spec(name, None) is None


def test_libraries_beside_an_installed_grader_are_not_carried(tmp_path: Path) -> None:
    site = checkout_with(
        tmp_path,
        lab__guest="import array_library.core\nfrom lab import codec\nfrom grader import wires",
        lab__codec="",
        grader__wires="",
        array_library__core="",
    )
    carried = capture("lab.guest", site)
    for name in ("lab.codec", "grader.wires"):
        assert carried.find_spec(name, None) is not None
    for name in ("array_library", "array_library.core"):
        assert carried.find_spec(name, None) is None


@pytest.mark.parametrize("secret", ["solutions.numpy_rnn", "grader.parts.a", "grader.diagnosis"])
def test_a_guest_that_knows_an_answer_is_refused(tmp_path: Path, secret: str) -> None:
    path = secret.replace(".", "__") + ("" if secret.count(".") > 1 or "sol" in secret else "__x")
    wanted = secret if "sol" in secret or secret.count(".") > 1 else f"{secret}.x"
    checkout = checkout_with(tmp_path, lab__guest=f"import {wanted}", **{path: ""})
    with pytest.raises(ImportError, match="must not know"):
        capture("lab.guest", checkout)


def test_output_keeps_the_beginning_and_the_end() -> None:
    read, write = os.pipe()
    output = Output(read, 10)
    os.write(write, b"0123456789abcdefghijXYZ")
    output()
    assert output.value().startswith(b"0123456789\n... 3 ")
    assert output.value().endswith(b"\ndefghijXYZ")
    os.close(write)
    output()
    assert output.fileno() == -1


@pytest.mark.parametrize(
    "stage", ["user_namespace", "mounts", "landlock", "seccomp", "machine", "canary", "elsewhere"]
)
def test_every_refusal_speaks_both_languages_and_names_a_remedy(stage: str) -> None:
    text = error_for(Failed(stage, 1, "some detail")).text
    for sentence in text:
        assert stage in sentence
        assert "EPERM" in sentence
        assert "some detail" in sentence
    assert "无法" in text.zh
