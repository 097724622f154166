"""No attack gains, escapes, costs an honest check its outcome, or leaves anything behind."""

from __future__ import annotations

import copy
import importlib.util
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from quick import only

from grader.core.settings import Settings
from grader.judging.judge import Judge
from tests.attacks import cores
from tests.attacks.harness import (
    GROUPS,
    HERE,
    Attack,
    Field,
    around,
    compare,
    corpus,
    grade,
    limits,
    pack,
    try_attack,
    warm,
)
from tests.attacks.table import closing

CORPUS = corpus()


@pytest.fixture(scope="module")
def attacked(judge: Judge, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """The judge with limits that are soon reached, on the same warm servers."""
    made = copy.copy(judge)
    made._settings = limits(settings)
    warm(made, tmp_path_factory.mktemp("warm"))
    return made


@pytest.fixture(scope="module")
def field(attacked: Judge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """What lies around the judge."""
    with around(tmp_path_factory.mktemp("canary"), attacked._settings) as made:
        yield made


def held(judge: Judge, attack: Attack, field: Field, folder: Path) -> None:
    verdict = try_attack(judge, attack, field, folder)
    assert verdict.held, f"{attack.id} ({attack.tries}): {verdict.words()}"


def test_attacks_name_modules_that_a_worker_holds() -> None:
    """An attack on a module that was renamed would fail for the wrong reason, and prove nothing."""
    for file in sorted(HERE.glob("*/*.py")):
        for module, name in re.findall(
            r"^\s*from ((?:grader|kit|parts)[\w.]*) import (\w+)", file.read_text("utf-8"), re.M
        ):
            found = importlib.import_module(module)
            assert hasattr(found, name) or importlib.util.find_spec(f"{module}.{name}"), file


LONG = {
    "forging/gradient_check_by_reading", "forging/equal_to_everything", "exhausting/processor",
    "exhausting/claimed_frame", "forging/learning_table_in_weights",
}  # fmt: skip
"""They take several times as long as the others."""

LOSING = {"forging/gradient_check_of_nothing", "peeking/frames", "peeking/leak_by_type"}
"""Others are of their kind; these fail many checks, and the search for their causes takes long."""


def in_quick_run() -> set[str]:
    """Of the quick attacks of each group every fourth one."""
    quick = [a for a in CORPUS if a.quick and a.id not in LONG | LOSING]
    return {a.id for group in GROUPS for a in [a for a in quick if a.group == group][::4]}


@pytest.mark.parametrize(
    "attack", only(in_quick_run(), [a for a in CORPUS if a.quick], lambda attack: attack.id)
)
def test_an_attack_has_no_success(
    attacked: Judge, field: Field, tmp_path: Path, attack: Attack
) -> None:
    held(attacked, attack, field, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("attack", [a for a in CORPUS if not a.quick], ids=lambda a: a.id)
def test_no_other_attack_has_success(
    attacked: Judge, field: Field, tmp_path: Path, attack: Attack
) -> None:
    held(attacked, attack, field, tmp_path)


def test_the_corpus_is_large_and_has_every_group() -> None:
    groups = Counter(attack.group for attack in CORPUS)
    assert len(CORPUS) >= 80
    assert set(groups) == set(GROUPS)
    assert min(groups.values()) >= 10
    assert all(attack.tries and set(attack.earns) <= cores.EARNS.keys() for attack in CORPUS)


# ------------------------------------------------------- the harness sees what it must see


@pytest.mark.parametrize(
    "core",
    [
        (),
        pytest.param(("clip",), marks=pytest.mark.slow),
        pytest.param(("poems",), marks=pytest.mark.slow),
        ("shapes", "clip", "poems"),
    ],
)
def test_an_honest_core_earns_what_its_name_says(
    attacked: Judge, tmp_path: Path, core: tuple[str, ...]
) -> None:
    attack = _appended(core, "")
    report = grade(attacked, attack.build(tmp_path, None, cores.files(core)), tmp_path)  # type: ignore[arg-type]
    assert compare(attack, report, attacked) == ([], [], [])
    assert bool(report.score.earned) == bool(core)


def _appended(earns: tuple[str, ...], code: str) -> Attack:
    def build(folder: Path, field: Field, files: dict[str, str]) -> Path:
        return pack(folder / "attack.zip", {**files, "numpy_rnn.py": files["numpy_rnn.py"] + code})

    return Attack("control", "control", "what the harness must see", earns, build)


@pytest.mark.parametrize(
    ("earns", "code", "kind"),
    [
        ((), cores.CLIP, "gained"),
        (("clip",), "\ndef clip_by_norm(*a):\n    os._exit(0)\n", "lost"),
        (("clip",), "\n_ = attempt('read the kit', lambda: open('/lab/kit/text.py').read())\n",
         "escaped"),
    ],
)  # fmt: skip
def test_a_success_would_be_seen(
    attacked: Judge,
    field: Field,
    tmp_path: Path,
    earns: tuple[str, ...],
    code: str,
    kind: str,
) -> None:
    verdict = try_attack(attacked, _appended(earns, code), field, tmp_path)
    assert getattr(verdict, kind)
    assert not verdict.held
    assert "0" not in closing([verdict])[1 + ("gained", "escaped", "lost").index(kind)].split()


def test_a_changed_canary_would_be_seen(settings: Settings, tmp_path: Path) -> None:
    with around(tmp_path / "canary", limits(settings)) as field:
        assert field.changes() == []
        (tmp_path / "canary" / "open.txt").chmod(0o600)
        assert field.changes()
