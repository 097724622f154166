"""What runs the public checks on GitHub: a workflow for students' repositories, and a bundle.

Both hold only what students get. ``student/`` is laid over the repository that students start
from; ``classroom50/`` is what Classroom 50 runs, with tests that a student cannot change.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from grader.authoring.lab_folder import Lab, refuse_leaks
from grader.core.errors import UsageError
from kit.contracts import BY_ID
from kit.text import Text

FILES: Final = Path(__file__).parent / "github"
_NUMPY: Final = ("numpy", "pytest")
# The build without CUDA: a runner has no GPU, and the other one is several GB.
_TORCH: Final = ("--extra-index-url https://download.pytorch.org/whl/cpu", "torch")


def build(lab: Lab) -> dict[str, bytes]:
    """Path -> content."""
    script = (FILES / "autograder.py").read_bytes()
    needed = [*_NUMPY, *(_TORCH if any(BY_ID[part].torch for part in lab.parts) else ())]
    requirements = "".join(f"{line}\n" for line in needed).encode()
    bundled = {
        f"classroom50/{name}": content
        for name, content in lab.files.items()
        if name.startswith("tests/") or name == "pytest.ini"
    }
    return {
        "student/.github/workflows/checks.yml": (FILES / "checks.yml").read_bytes(),
        "student/.github/requirements.txt": requirements,
        "classroom50/requirements.txt": requirements,
        "student/.github/autograder.py": script,
        "classroom50/autograder.py": script,
        **bundled,
    }


def write(files: dict[str, bytes], out: Path) -> None:
    """Write them into an empty folder; refused where a line is not for students."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            Text(
                f"{out} 已经存在而且不是空文件夹。请换一个 --to，或先删除它。",
                f"{out} exists and is no empty folder. Choose another --to, or delete it first.",
            )
        )
    for name, content in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    refuse_leaks(out)
