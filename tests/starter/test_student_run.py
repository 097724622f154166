"""``pytest starter/`` on a student's machine: the folder alone, without the grader or solutions."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from handing_in import grade_path, outcomes_of, solution
from quick import only

from grader import ROOT
from grader.core.model import Visibility
from grader.judging.judge import Judge
from grader.parts.checks import PUBLIC, checks_of

NUMPY = ("numpy_rnn", "sequence", "theory", "extensions")
"""Parts that run without torch."""

HIDE_TORCH = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hidden())
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The starter as a student unpacks it."""
    return unpacked(tmp_path)


def unpacked(place: Path) -> Path:
    """The starter below `place`, in a folder with a space and a Chinese name."""
    folder = place / "实验六 lab"
    shutil.copytree(ROOT / "starter", folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return folder


def run(home: Path, *words: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Python in the student's folder, without anything of this checkout on its path."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST"))}
    env |= {"FEEDBACK_LANG": "en", "PYTHONIOENCODING": "utf-8"} | environ
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=home,
        env=env,
        capture_output=True,
        encoding=env["PYTHONIOENCODING"].partition(":")[0],
        timeout=300,
        preexec_fn=heed_signals,
    )


def heed_signals() -> None:
    """In a new process: SIGINT counts, which a shell ignores for what it runs in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_on(home: Path, *parts: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """``pytest`` on the public checks of some parts."""
    files = [home / "tests" / "parts" / part for part in parts]
    return run(home, "-m", "pytest", *(files or [home]), **environ)


def test_a_check_is_selected_by_the_id_that_its_page_shows(home: Path) -> None:
    done = run(home, "-m", "pytest", "-v", "-k", "numpy_rnn.backward.values")

    assert "numpy_rnn.backward.values" in done.stdout
    assert "numpy_rnn.forward.values" not in done.stdout


def earned(output: str) -> tuple[Fraction, Fraction]:
    """Points earned and possible, off the line below the table."""
    found = re.search(r"Public part: ([\d.]+) of ([\d.]+) points", output)
    assert found, output
    return Fraction(found[1]), Fraction(found[2])


def worth(*parts: str) -> Fraction:
    """What the public checks of some parts are worth."""
    points = json.loads((PUBLIC / "points.json").read_text("utf-8"))
    scored = {id: p for id, p in points["checks"].items() if id.split(".")[0] in parts}
    needed = [p for id, p in scored.items() if id.split(".")[0] not in points["optional"]]
    return sum(map(Fraction, needed), Fraction(0))


def fill_in(home: Path, *parts: str) -> None:
    """Put the solution of some parts in place of the starter's file."""
    for part in parts:
        (home / f"{part}.py").write_text(solution(part), "utf-8")


# ---------------------------------------------------------------- pytest

DIFFERENT = {"en": "What grading will see differently:", "zh": "评分时会有不同："}


@pytest.mark.parametrize("lang", only(("en",), ["en", "zh"]))
def test_what_grading_sees_differently_is_said(home: Path, lang: str) -> None:
    text = (home / "numpy_rnn.py").read_text("utf-8")
    text = text.replace("def build_dataset(", "def make_dataset(")
    (home / "numpy_rnn.py").write_text(f"{text}\nimport torch\n", "utf-8")
    (home / "mine.py").write_text("def clip_by_norm(grads, max_norm):\n    return grads\n", "utf-8")
    contracts = home / "tests" / "kit" / "contracts.py"
    older = contracts.read_text("utf-8").replace("= (3, 11)", "= (3, 9)")
    contracts.write_text(older, "utf-8")
    (home / "helper.py").write_text("x = 1\nmatch x:\n    case 1: pass\n", "utf-8")

    done = pytest_on(home, "numpy_rnn", FEEDBACK_LANG=lang)
    told = done.stdout.split(DIFFERENT[lang])[1].split("\n\n")[0]

    line = len(text.splitlines()) + 2
    words = {
        "en": (f"numpy_rnn.py, line {line}: torch is imported", "not defined: build_dataset",
               "this syntax is newer than Python 3.9",
               "clip_by_norm: defined in several files"),
        "zh": (f"numpy_rnn.py 第 {line} 行：导入了 torch", "没有定义 build_dataset",
               "这种写法比评分器的 Python 3.9 新", "clip_by_norm 在几个文件里"),
    }[lang]  # fmt: skip
    for word in words:
        assert word in told
    assert len(told.strip().splitlines()) == 4


@pytest.mark.slow
def test_a_stub_gives_way_to_written_code_elsewhere_and_it_is_said(home: Path) -> None:
    fill_in(home, "numpy_rnn")
    text = (home / "numpy_rnn.py").read_text("utf-8")
    at = text.index("    # BEGIN SOLUTION", text.index("def clip_by_norm("))
    end = text.index("    # END SOLUTION", at)
    written = text[text.index("def clip_by_norm(") : end]
    before = "import numpy as np\n\n\nclass RNN:\n    pass\n\n\n"
    (home / "clip.py").write_text(before + written, "utf-8")
    stub = '    raise NotImplementedError("clip")\n'
    (home / "numpy_rnn.py").write_text(text[:at] + stub + text[end:], "utf-8")

    done = pytest_on(home, "numpy_rnn").stdout
    told = done.split(DIFFERENT["en"])[1]

    assert "clip_by_norm: defined in several files" in told
    assert "The one in clip.py counts" in told
    assert earned(done) == (worth("numpy_rnn"), worth("numpy_rnn"))


@pytest.mark.slow
def test_the_starter_and_the_solution_are_no_different(
    home: Path, untouched: subprocess.CompletedProcess[str]
) -> None:
    assert DIFFERENT["en"] not in untouched.stdout
    fill_in(home, "numpy_rnn", "sequence", "theory", "extensions")
    assert DIFFERENT["en"] not in pytest_on(home, "numpy_rnn").stdout


@pytest.mark.parametrize("program", ["poems", "char_lstm", "scratch_rnn"])
def test_a_program_without_torch_says_so(home: Path, program: str) -> None:
    hide = HIDE_TORCH + f"import runpy\nrunpy.run_path('{program}.py', run_name='__main__')"
    done = run(home, "-c", "import sys\nsys.path.insert(0, '.')\n" + hide)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "needs torch, which is not installed: pip install torch" in done.stderr


def test_a_program_takes_one_thread_unless_told_otherwise(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NumPy's library reads the number as it is imported, so it has to be set before."""
    show = "import os; print(os.environ.get('OPENBLAS_NUM_THREADS'), 'numpy' in sys.modules)"
    code = f"import sys\nfrom command_line import prepare\nprepare()\n{show}"
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert run(home, "-c", code).stdout.split() == ["1", "False"]
    assert run(home, "-c", code, OMP_NUM_THREADS="3").stdout.split() == ["3", "False"]


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """``pytest`` in the starter as it is handed out."""
    return pytest_on(unpacked(tmp_path_factory.mktemp("untouched")))


def test_the_untouched_starter_fits_on_a_screen_and_says_where_to_begin(
    untouched: subprocess.CompletedProcess[str],
) -> None:
    done = untouched
    lines = done.stdout.splitlines()
    assert "Traceback" not in done.stdout + done.stderr
    assert "NotImplementedError" not in done.stdout
    assert earned(done.stdout)[0] == 0
    assert len(lines) <= 40
    listed = [line.split()[0] for line in lines if re.search(r"^  \w+ +0/[\d.]+ ", line)]
    points = json.loads((PUBLIC / "points.json").read_text("utf-8"))["checks"]
    assert listed == list(dict.fromkeys(id.split(".")[0] for id in points))
    assert re.search(r"^Next: RNN\.forward \(numpy_rnn\.py, line \d+\): loop", done.stdout, re.M)
    assert done.returncode == 1


@pytest.mark.slow
def test_each_check_of_the_untouched_starter_is_listed_on_request(home: Path) -> None:
    done = run(home, "-m", "pytest", "-v", *(home / "tests/parts" / p for p in parts_with_suites()))
    for check in checks_of(parts_with_suites()):
        if check.visibility is Visibility.PUBLIC:
            row = next(line for line in done.stdout.splitlines() if f" {check.id} " in line)
            assert re.match(r" *(not attempted|skipped) ", row), row


@pytest.mark.slow
def test_a_part_without_points_is_run_where_it_is_named(
    home: Path, untouched: subprocess.CompletedProcess[str]
) -> None:
    assert "theory" not in untouched.stdout
    assert "not attempted" in pytest_on(home, "theory").stdout
    assert "theory.delta" in run(home, "-m", "pytest", "-v", "-k", "theory.delta").stdout


def parts_with_suites() -> list[str]:
    return sorted(path.parent.name for path in PUBLIC.glob("parts/*/test_public.py"))


@pytest.mark.slow  # in the quick run it does for the parts that need no torch, below
def test_the_solution_earns_all_public_points(home: Path) -> None:
    fill_in(home, *parts_with_suites())
    done = pytest_on(home)
    got, possible = earned(done.stdout)
    assert got == possible == worth(*parts_with_suites())
    assert "hidden checks" in done.stdout
    assert done.returncode == 0, done.stdout


def test_numpy_parts_need_no_torch(home: Path) -> None:
    (home / "sitecustomize.py").write_text(HIDE_TORCH, "utf-8")
    fill_in(home, *NUMPY)
    done = pytest_on(home, *NUMPY, PYTHONPATH=str(home))
    assert earned(done.stdout) == (worth(*NUMPY), worth(*NUMPY))
    assert "Traceback" not in done.stdout


def without_torch(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``pytest`` with some options where the NumPy parts are right and torch is not installed."""
    (home / "sitecustomize.py").write_text(HIDE_TORCH, "utf-8")
    fill_in(home, *parts_with_suites())
    return run(home, "-m", "pytest", *words, PYTHONPATH=str(home))


@pytest.mark.slow
def test_what_cannot_run_here_is_one_line_and_no_failure(home: Path) -> None:
    done = without_torch(home)
    assert re.search(r"^  char_lstm +0/[\d.]+ +PyTorch is not installed here", done.stdout, re.M)
    assert "Checks that were not tried here are worth" in done.stdout
    got, possible = earned(done.stdout)
    assert got == possible < worth(*parts_with_suites())
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("options", [("-ra",), ("-n", "2"), ("-rs",), ("-vx",)])
def test_options_of_pytest_work_where_checks_are_skipped(
    home: Path, options: tuple[str, ...]
) -> None:
    # One part that runs here and one that is skipped.
    done = without_torch(home, *options, "tests/parts/numpy_rnn", "tests/parts/char_lstm")
    assert "INTERNALERROR" not in done.stdout + done.stderr
    assert re.search(r"^  numpy_rnn +5\.75/5\.75 ", done.stdout, re.M), done.stdout
    assert "Next: the public checks pass" in done.stdout
    assert done.returncode == 0


@pytest.mark.slow
def test_process_poems_needs_no_torch(home: Path) -> None:
    (home / "sitecustomize.py").write_text(HIDE_TORCH, "utf-8")
    (home / "poems.py").write_text(
        "def process_poems(file_name):\n"
        "    with open(file_name, encoding='utf-8') as file:\n"
        "        poems = ['G' + line.strip() + 'E' for line in file]\n"
        "    words = sorted(set(''.join(poems)))\n"
        "    index = {word: i for i, word in enumerate(words)}\n"
        "    rows = [[index[word] for word in poem] for poem in poems]\n"
        "    return rows, index, dict(enumerate(words))\n",
        "utf-8",
    )
    done = run(home, "-m", "pytest", "-v", "tests/parts/poems", "-k", "vectors or maps",
               PYTHONPATH=str(home))  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr, done.stdout
    assert re.search(r"passed +[\d.]+/[\d.]+ +poems.process.vectors", done.stdout), done.stdout


@pytest.mark.slow
def test_a_chinese_windows_console_can_print_everything(home: Path) -> None:
    fill_in(home, "poems")
    done = pytest_on(home, *NUMPY, PYTHONIOENCODING="gbk", FEEDBACK_LANG="zh")
    assert "UnicodeEncodeError" not in done.stdout + done.stderr
    assert "公开部分：0 / " in done.stdout
    assert "未作答的空" in done.stdout


def test_what_is_filled_in_counts_and_the_rest_is_listed(home: Path) -> None:
    source = (home / "numpy_rnn.py").read_text("utf-8")
    clip = solution("numpy_rnn").partition("def clip_by_norm(")[2].partition("\ndef ")[0]
    own = source.partition("def clip_by_norm(")[2].partition("\ndef ")[0]
    (home / "numpy_rnn.py").write_text(source.replace(own, clip), "utf-8")
    done = pytest_on(home, *NUMPY)
    points = json.loads((PUBLIC / "points.json").read_text("utf-8"))["checks"]
    assert earned(done.stdout)[0] == Fraction(points["numpy_rnn.clip.values"])
    assert "Blanks still to fill in" in done.stdout
    assert "clip_by_norm" not in done.stdout.partition("Blanks still")[2]


@pytest.mark.slow
def test_a_name_in_a_file_beside_counts_as_the_grader_finds_it(home: Path) -> None:
    own = (home / "numpy_rnn.py").read_text("utf-8")
    start = own.index("def clip_by_norm(")
    end = own.index("\ndef ", start)
    (home / "numpy_rnn.py").write_text(own[:start] + own[end:], "utf-8")
    beside = "import numpy as np\n\n\ndef clip_by_norm(grads, max_norm):\n"
    (home / "helper.py").write_text(
        beside + "    norm = np.sqrt(sum((g ** 2).sum() for g in grads))\n"
        "    for g in grads:\n        g *= min(1, max_norm / norm)\n    return norm\n",
        "utf-8",
    )
    good = run(home, "-m", "pytest", "-k", "numpy_rnn.clip.values").stdout
    (home / "helper.py").write_text(beside + "    return 0\n\n\n1 / 0\n", "utf-8")
    bad = run(home, "-m", "pytest", "-k", "numpy_rnn.clip.values").stdout

    assert "1 passed" in good
    assert "helper.py cannot be imported" in bad
    assert "ZeroDivisionError" in bad


def test_a_wrong_answer_says_what_is_wrong_and_where(home: Path) -> None:
    source = solution("numpy_rnn").replace("return logits, h, caches", "return logits.T, h, caches")
    (home / "numpy_rnn.py").write_text(source, "utf-8")
    done = pytest_on(home, "numpy_rnn")
    assert "logits should have shape (3, 7), got (7, 3)" in done.stdout
    assert "Where to look" in done.stdout
    assert "Traceback" not in done.stdout
    assert done.returncode != 0


def test_an_exception_names_its_line_and_words(home: Path) -> None:
    source = solution("numpy_rnn") + "\n\ndef clip_by_norm(grads, max_norm):\n    return g\n"
    (home / "numpy_rnn.py").write_text(source, "utf-8")
    done = pytest_on(home, "numpy_rnn")
    assert "your code raised NameError (numpy_rnn.py, line " in done.stdout
    assert "name 'g' is not defined" in done.stdout


SYNTAX = {
    "en": (
        r"numpy_rnn\.py, line 2: syntax error \(.+\); nothing of numpy_rnn\.py could be",
        "Next: numpy_rnn.py, line 2.",
    ),
    "zh": (
        r"numpy_rnn\.py 第 2 行：语法错误（.+）；numpy_rnn\.py 里的代码都没有运行",
        "下一步：numpy_rnn.py 第 2 行。",
    ),
}


@pytest.mark.parametrize("lang", only(("en",), ["en", "zh"]))
def test_a_syntax_error_is_one_line_and_the_next_step(home: Path, lang: str) -> None:
    why, then = SYNTAX[lang]
    (home / "numpy_rnn.py").write_text("class RNN:\n    def forward(self:\n", "utf-8")
    done = pytest_on(home, "numpy_rnn", FEEDBACK_LANG=lang)
    assert len(re.findall(why, done.stdout)) == 1, done.stdout
    assert then in done.stdout
    assert "breakpoint()" not in done.stdout
    assert DIFFERENT[lang] not in done.stdout  # grading sees the same
    assert "Traceback" not in done.stdout
    assert len(done.stdout.splitlines()) < 12


def test_a_file_that_cannot_be_imported_is_explained_once(home: Path) -> None:
    (home / "numpy_rnn.py").write_text("import numpy as np\nundefined\n", "utf-8")
    short = pytest_on(home, "numpy_rnn").stdout
    assert short.count("numpy_rnn.py cannot be imported") == 1
    assert "as above" not in short
    assert "Next: numpy_rnn.py, line 2." in short

    done = run(home, "-m", "pytest", "-v", "tests/parts/numpy_rnn")
    assert done.stdout.count("numpy_rnn.py cannot be imported") == 1
    assert re.search(r"as above \(numpy_rnn\.\S+\)\n", done.stdout)
    assert not re.search(r"\n +failed [^\n]*\n +(failed|blocked) ", done.stdout)  # always a reason
    assert "NameError" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("lang", only(("en",), ["en", "zh"]))
def test_code_that_runs_into_the_raise_of_the_template_is_told_so(home: Path, lang: str) -> None:
    text = (home / "numpy_rnn.py").read_text("utf-8")
    (home / "numpy_rnn.py").write_text(
        text.replace("        raise NotImpl", "        own = 1\n        raise NotImpl", 1), "utf-8"
    )
    done = pytest_on(home, "numpy_rnn", FEEDBACK_LANG=lang)
    said = {
        "en": r"Next: RNN\.forward \(numpy_rnn\.py, line (\d+)\): your code runs into the",
        "zh": r"下一步：RNN\.forward（numpy_rnn\.py 第 (\d+) 行）：你的代码运行到了模板里的 raise",
    }[lang]
    found = re.search(said, done.stdout)
    assert found, done.stdout
    mark = {"en": "remove the raise", "zh": "删掉 raise"}[lang]
    assert len(re.findall(rf"RNN\.forward \({found[1]}[，,] ?{mark}\)", done.stdout)) == 1
    assert done.stdout.count(mark) == 1  # the other blanks are untouched


@pytest.mark.slow
def test_a_word_in_no_name_gets_a_near_one(home: Path) -> None:
    said = run(home, "-m", "pytest", "-k", "numpy_rnn.bakward").stdout
    assert "No check has numpy_rnn.bakward in its name." in said
    assert "Did you mean numpy_rnn.backward?" in said
    assert "Did you mean" not in run(home, "-m", "pytest", "-k", "xyzzy").stdout


@pytest.mark.slow
def test_a_word_means_the_parts_with_points(home: Path) -> None:
    said = run(home, "-m", "pytest", "-k", "clip").stdout
    assert re.search(r"^  numpy_rnn ", said, re.M)
    assert not re.search(r"^  (scratch_rnn|theory|sequence) ", said, re.M), said


@pytest.mark.slow
def test_an_exception_names_the_way_to_its_line(home: Path) -> None:
    source = solution("numpy_rnn").replace("dz = dh_t * (", "dz = undefined * (", 1)
    (home / "numpy_rnn.py").write_text(source, "utf-8")
    for lang, words in (
        ("en", r"NameError \(numpy_rnn\.py, line \d+, called from RNN\.backward, line \d+\)"),
        ("zh", r"NameError（numpy_rnn\.py 第 \d+ 行，由 RNN\.backward 第 \d+ 行调用）"),
    ):
        done = run(home, "-m", "pytest", "-k", "numpy_rnn.backward.values", FEEDBACK_LANG=lang)
        # Python 3.10 knows the function's own name alone.
        pattern = words if sys.version_info >= (3, 11) else words.replace(r"RNN\.", "")
        assert re.search(pattern, done.stdout), done.stdout


@pytest.mark.slow
def test_a_loop_ends_where_the_signal_is_ignored(home: Path) -> None:
    soon(home)
    source = solution("numpy_rnn") + "\n\ndef sample(*args, **kwargs):\n    while True: pass\n"
    (home / "numpy_rnn.py").write_text(source, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-k", "numpy_rnn.sample.text"],
        cwd=home,
        env=os.environ | {"FEEDBACK_LANG": "en"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert "did not return within 1 s" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "body", only(("while True: pass",), ["while True: pass", "import time; time.sleep(1000)"])
)
def test_a_check_that_never_ends_is_interrupted_at_its_line(home: Path, body: str) -> None:
    soon(home)
    source = solution("numpy_rnn") + f"\n\ndef sample(*args, **kwargs):\n    {body}\n"
    (home / "numpy_rnn.py").write_text(source, "utf-8")
    done = run(home, "-m", "pytest", "-k", "numpy_rnn.sample or numpy_rnn.clip")
    place = f"(numpy_rnn.py, line {len(source.splitlines())})"
    assert f"your code did not return within 1 s {place}" in done.stdout, done.stdout
    assert earned(done.stdout) == (Fraction(1, 4), Fraction(1, 2))


@pytest.mark.slow
def test_a_file_that_never_ends_is_imported_once(home: Path) -> None:
    soon(home)
    (home / "numpy_rnn.py").write_text("while True:\n    pass\n", "utf-8")
    done = pytest_on(home, "numpy_rnn")
    assert done.stdout.count("did not return within 1 s (numpy_rnn.py, line") == 1
    assert float(re.search(r" in ([\d.]+)s", done.stdout)[1]) < 8


def soon(home: Path) -> None:
    """A limit that is reached after a second."""
    file = home / "tests" / "kit" / "time_limit.py"
    changed = re.sub(r"^LIMIT_S = .*$", "LIMIT_S = 1.0", file.read_text("utf-8"), flags=re.M)
    file.write_text(changed, "utf-8")


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_ends_the_run(home: Path) -> None:
    source = solution("numpy_rnn") + PRINTS.replace("return", "while True: pass\n    return")
    (home / "numpy_rnn.py").write_text(source.replace('print("my', 'import sys; print("my'))
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST"))}
    command = [sys.executable, "-m", "pytest", "-s", "tests/parts/numpy_rnn"]
    with subprocess.Popen(
        command, cwd=home, env=env | {"PYTHONUNBUFFERED": "1"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        preexec_fn=heed_signals,
    ) as started:  # fmt: skip
        assert started.stdout is not None
        for line in started.stdout:
            if "my own line" in line:
                break
        started.send_signal(signal.SIGINT)
        said = started.stdout.read()
        assert started.wait(timeout=60) == 2
    assert "KeyboardInterrupt" in said


@pytest.mark.slow
def test_the_debugger_opens_the_students_own_line(home: Path) -> None:
    source = solution("numpy_rnn").replace("dz = dh_t * (", "dz = undefined * (", 1)
    (home / "numpy_rnn.py").write_text(source, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--pdb", "-k", "numpy_rnn"],
        cwd=home,
        input="q\n",
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert re.search(r"> .+numpy_rnn\.py\(\d+\)backward\(\)\n-> dz = undefined", done.stdout)


@pytest.mark.parametrize(
    ("old", "new", "stops"),
    [
        # Raised in numpy's own code: the debugger opens the line that called it.
        ("dz = dh_t * (", "dz = np.sqqrt(dh_t) * (", True),
        pytest.param(
            *("dz = dh_t * (", "dz = np.linalg.inv(dh_t[:0]) * (", True), marks=pytest.mark.slow
        ),
        # Wrong numbers: no line of the student's raised anything.
        ("dz = dh_t * (", "dz = 2 * dh_t * (", False),
    ],
)
def test_the_debugger_never_opens_the_kit(home: Path, old: str, new: str, stops: bool) -> None:
    (home / "numpy_rnn.py").write_text(solution("numpy_rnn").replace(old, new, 1), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--pdb", "-k", "numpy_rnn.backward.values"],
        cwd=home,
        env=os.environ | {"FEEDBACK_LANG": "en"},
        input="q\n",
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    stopped = re.findall(r"^> .+/(\S+)\(\d+\)\S+\n-> (.+)$", done.stdout, re.M)
    assert [place[0] for place in stopped] == ["numpy_rnn.py"] * stops, done.stdout
    assert all(new in line for _, line in stopped)


@pytest.mark.slow
def test_breakpoint_stops_the_clock(home: Path) -> None:
    soon(home)
    body = "breakpoint()\n    import time; time.sleep(2)\n    return 0.0"
    source = solution("numpy_rnn") + f"\n\ndef clip_by_norm(grads, max_norm):\n    {body}\n"
    (home / "numpy_rnn.py").write_text(source, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-k", "numpy_rnn.clip"],
        cwd=home,
        env=os.environ | {"FEEDBACK_LANG": "en"},
        input="c\n" * 20,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert "-> import time; time.sleep(2)" in done.stdout
    assert "did not return" not in done.stdout


def test_the_folder_holds_no_solution_and_imports_no_grader(home: Path) -> None:
    assert not list(home.rglob("solutions"))
    for path in home.rglob("*.py"):
        assert not re.search(r"^\s*(from|import) grader\b", path.read_text("utf-8"), re.MULTILINE)


# ---------------------------------------------------------------- pack.py


def test_pack_makes_a_zip_that_the_grader_takes(home: Path, judge: Judge, tmp_path: Path) -> None:
    source = solution("numpy_rnn").partition("def sample(")[0]
    (home / "numpy_rnn.py").write_text(source, "utf-8")
    (home / "report.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    done = run(home, "pack.py", "alice", "--report", "report.pdf")
    assert done.returncode == 0, done.stderr
    assert "numpy_rnn" in done.stdout
    assert re.search(r"not defined: .*sample", done.stdout), done.stdout
    report = grade_path(judge, tmp_path, home / "alice.zip")
    assert report.submission.pdf is not None
    outcomes = outcomes_of(report, "numpy_rnn.")
    sampled = {id for id in outcomes if id.startswith("numpy_rnn.sample.")}
    assert {outcomes[id] for id in sampled} == {"missing"}
    assert {o for id, o in outcomes.items() if id not in sampled} == {"passed"}
    assert set(outcomes_of(report, "poems.").values()) == {"not_attempted"}


def test_pack_refuses_a_report_that_is_not_there(home: Path) -> None:
    done = run(home, "pack.py", "alice", "--report", "nothing.pdf")
    assert done.returncode == 2
    assert "nothing.pdf" in done.stderr
    assert "Traceback" not in done.stderr


PRINTS = """
def clip_by_norm(grads, max_norm):
    print("my own line", max_norm)
    return 0.0
"""


def with_prints(home: Path) -> Path:
    """A wrong clip_by_norm that prints; the rest is the solution's."""
    (home / "numpy_rnn.py").write_text(solution("numpy_rnn") + PRINTS, "utf-8")
    return home


@pytest.mark.slow
@pytest.mark.parametrize("lang", only(("en",), ["en", "zh"]))
def test_what_a_lost_check_printed_is_shown(home: Path, lang: str) -> None:
    test = home / "tests" / "parts" / "numpy_rnn" / "test_public.py"
    said = run(with_prints(home), "-m", "pytest", f"{test}::test_clip", FEEDBACK_LANG=lang)
    assert said.returncode == 1
    assert said.stdout.count("my own line") == 1
    assert "FAILURES" not in said.stdout


def test_one_check_can_be_run_by_itself(home: Path) -> None:
    """Though it needs another, which was not selected."""
    test = home / "tests" / "parts" / "numpy_rnn" / "test_public.py"
    said = run(with_prints(home), "-m", "pytest", f"{test}::test_forward_values")
    assert said.returncode == 0, said.stdout
    assert "1 passed" in said.stdout


@pytest.mark.slow
def test_junit_xml_can_be_asked_for(home: Path) -> None:
    test = home / "tests" / "parts" / "numpy_rnn" / "test_public.py"
    said = run(with_prints(home), "-m", "pytest", f"{test}::test_clip", "--junitxml=out.xml")
    assert said.returncode == 1
    assert "INTERNALERROR" not in said.stdout + said.stderr
    assert "<failure" in (home / "out.xml").read_text("utf-8")
