"""Pack your work into a zip and say what the grader will find in it.

    python pack.py alice                          makes alice.zip in the current folder
    python pack.py alice --report report.pdf      puts the report inside

把你的代码打包成 zip，并说明评分器会在里面找到什么。
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "tests"))

try:
    from kit.contracts import (
        GRADER_PYTHON,
        MAX_NOTEBOOK_BYTES,
        MAX_REPORT_BYTES,
        MAX_SOURCE_BYTES,
        PARTS,
    )
    from kit.file_names import is_reserved
    from kit.locate import Located, PartFiles, is_starter_test, locate
    from kit.newer_syntax import newer_line
    from kit.sources import read, show
    from kit.statements import place
    from kit.text import Text, default_language, joined, os_reason
except ImportError as error:
    sys.exit(
        f"pack.py needs the folder tests of the starter beside it ({error}). "
        "pack.py 需要和它放在一起的 tests 文件夹，请重新下载模板。"
    )

SKIPPED_FOLDERS = {"tests", "data", "runs", "venv", "env", "node_modules", "site-packages"}

MADE = Text("已生成 {zip}（{count} 个文件，{size} KB）。", "Made {zip} ({count} files, {size} KB).")
INSIDE = Text("评分器会在里面找到：", "What the grader will find in it:")
WRITTEN = Text("已完成：", "written: ")
STUBS = Text("还是模板原样：", "still the stub: ")
MISSING = Text("没有定义：", "not defined: ")
OTHER_PARTS = Text("没有找到的部分：{parts}。", "Parts that are not in it: {parts}")
HINTS = Text("请注意：", "Please note:")
NOTHING = Text(
    "在 {folder} 里没有找到 .py 或 .ipynb 文件。请把 pack.py 和你的代码放在同一个文件夹，"
    "或用 --folder 指定代码所在的文件夹。",
    "There is no .py or .ipynb file in {folder}. Put pack.py into the folder of your code, or "
    "name that folder with --folder.",
)
NO_FOLDER = Text("文件夹 {folder} 不存在。请检查路径。", "No such folder: {folder}")
NO_NAME = Text(
    "“{name}”不能用作文件名，请换一个（例如学号或姓名）。",
    "'{name}' cannot be used as a file name; take another, such as your student number.",
)
NO_REPORT = Text(
    "找不到报告 {path}。请检查路径。", "The report {path} does not exist. Check the path."
)
NOT_PDF = Text(
    "{path} 不是 PDF。请先把报告导出为 PDF。",
    "{path} is not a PDF. Export the report as PDF first.",
)
BIG_REPORT = Text(
    "{path} 超过 {limit} MB，评分器不会保留。请压缩图片后再导出。",
    "{path} exceeds {limit} MB and would not be kept. Export it with smaller images.",
)
CANNOT_WRITE = Text(
    "无法写入 {path}（{reason}）。请检查磁盘空间和权限。",
    "{path} cannot be written ({reason}). Check the disk and its permissions.",
)
REPORT_IN = Text("报告：{name} 已放进 zip。", "Report: {name} is in the zip.")
REPORT_BESIDE = Text(
    "报告：zip 里没有 PDF。请在提交时一起提交 PDF，或重新运行并加上 --report {name}。",
    "Report: there is no PDF in the zip. Hand it in beside the zip, or run this again with "
    "--report {name}.",
)
TOO_LARGE = Text(
    "{file} 太大（{size} MB），像是数据，没有放进去。",
    "{file} is too large ({size} MB) to be code and was left out.",
)
TOO_NEW = Text(
    "{where}：这种写法比评分器的 Python {version} 新，评分时无法读取，那里的分数要等助教判定；"
    "请改成 Python {version} 也能读的写法。",
    "{where}: this syntax is newer than Python {version}, with which the grader runs and which "
    "cannot read it; its points would wait for a person. Write it so that Python {version} can "
    "read it.",
)
UNREADABLE = Text(
    "无法读取 {file}（{reason}），没有放进去。",
    "{file} cannot be read ({reason}) and was left out.",
)


class Code(NamedTuple):
    """A file or notebook of the student's."""

    path: str
    cells: tuple[str, ...]
    data: bytes


class Refused(Exception):
    """The command line asks for something that cannot be done."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


def safe_name(name: str) -> str:
    """`name` as a file name on every system; ``.zip`` at its end is dropped."""
    name = re.sub(r"\.zip$", "", name.strip(), flags=re.IGNORECASE)
    name = re.sub(r"[\x00-\x1f\x7f<>:\"/\\|?*\s]+", "_", name).strip("._- ")[:80]
    if not name or is_reserved(name):
        raise Refused(NO_NAME.format(name=show(name)))
    return name


def collect(folder: Path) -> tuple[list[Code], list[Text]]:
    """The code below `folder`, in a stable order; tests, data and hidden folders stay out."""
    found: list[Code] = []
    notices: list[Text] = []
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if keeps_folder(f))
        for name in sorted(files):
            file = Path(here) / name
            path = file.relative_to(folder).as_posix()
            if not name.lower().endswith((".py", ".ipynb")) or is_starter_test(
                file.resolve().as_posix()
            ):
                continue
            notebook = name.lower().endswith(".ipynb")
            try:
                data = file.read_bytes()
            except OSError as error:
                notices.append(UNREADABLE.format(file=show(path), reason=os_reason(error)))
                continue
            if len(data) > (MAX_NOTEBOOK_BYTES if notebook else MAX_SOURCE_BYTES):
                size = f"{len(data) / 1e6:.1f}"
                notices.append(TOO_LARGE.format(file=show(path), size=size))
                continue
            decoded = read(path, data)
            notices += decoded.notices
            found.append(Code(path, decoded.cells, data))
    return found, notices


def keeps_folder(name: str) -> bool:
    """Whether a folder may hold the student's code."""
    return not name.startswith((".", "__")) and name.lower() not in SKIPPED_FOLDERS


def read_report(path: Path) -> bytes:
    """The bytes of the PDF that was named."""
    if not path.is_file():
        raise Refused(NO_REPORT.format(path=path))
    if path.stat().st_size > MAX_REPORT_BYTES:
        raise Refused(BIG_REPORT.format(path=path, limit=MAX_REPORT_BYTES // 1_000_000))
    data = path.read_bytes()
    if b"%PDF-" not in data[:1024]:
        raise Refused(NOT_PDF.format(path=path))
    return data


def write_zip(target: Path, files: dict[str, bytes]) -> None:
    """Write the zip beside its place first: a full disk leaves no half a zip."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(suffix=".tmp", dir=target.parent)
    try:
        with (
            os.fdopen(handle, "wb") as stream,
            zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for path, data in files.items():
                archive.writestr(path, data)
        os.chmod(name, 0o644)  # mkstemp's files are for their owner alone
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def describe(located: Located, lang: str) -> list[str]:
    """A paragraph for each part that was found, a line for those that were not."""
    lines = [INSIDE.pick(lang)]
    for part in PARTS:
        if part.id in located.found:
            lines += describe_part(located.found[part.id], lang)
    wanted = parts_with_points()
    absent = [p.id for p in PARTS if p.id in wanted and p.id not in located.found]
    if absent:
        lines.append("  " + OTHER_PARTS.format(parts=joined(absent)).pick(lang))
    return lines


def parts_with_points() -> set[str]:
    """The parts that this course marks; all of them where the list of points is not there."""
    try:
        points = json.loads((HERE / "tests" / "points.json").read_text("utf-8"))
        return {check.partition(".")[0] for check in points["checks"]} | set(points["hidden"])
    except (OSError, ValueError, KeyError):
        return {part.id for part in PARTS}


def describe_part(files: PartFiles, lang: str) -> list[str]:
    """Where a part is and how far it has come."""
    lines = [f"  {files.part.id}: {', '.join(show(path) for path in files.paths)}"]
    missing = files.missing
    if files.part.optional:  # all optional: only what is begun can miss something
        begun = {name.partition(".")[0] for name in files.names}
        missing = tuple(name for name in missing if name.partition(".")[0] in begun)
    for label, names in ((WRITTEN, files.written), (STUBS, files.stubs), (MISSING, missing)):
        if names:
            lines.append(f"    {label.pick(lang)}{joined(names).pick(lang)}")
    return lines


def too_new(codes: list[Code]) -> list[Text]:
    """A warning for each file or cell that this Python reads and the grader's does not."""
    version = ".".join(map(str, GRADER_PYTHON))
    return [
        TOO_NEW.format(where=place(code.path, number, line), version=version)
        for code in codes
        for number, cell in enumerate(code.cells, start=1)
        if (line := newer_line(cell))
    ]


def report_line(folder: Path, report: Path | None) -> Text:
    """Where the report is, or how to hand it in."""
    if report is not None:
        return REPORT_IN.format(name=report.name)
    beside = sorted(folder.glob("*.pdf"), key=lambda path: -path.stat().st_size)
    return REPORT_BESIDE.format(name=show(beside[0].name) if beside else "report.pdf")


def run(arguments: argparse.Namespace, lang: str) -> list[str]:
    """Make the zip; the lines to print."""
    folder, report = arguments.folder, arguments.report
    name = safe_name(arguments.name)
    if not folder.is_dir():
        raise Refused(NO_FOLDER.format(folder=folder))
    codes, notices = collect(folder)
    if not codes:
        raise Refused(NOTHING.format(folder=folder))
    files = {f"{name}/{code.path}": code.data for code in codes}
    if report is not None:
        files[f"{name}/{report.name}"] = read_report(report)
    target = arguments.out / f"{name}.zip"
    try:
        write_zip(target, files)
    except OSError as error:
        raise Refused(CANNOT_WRITE.format(path=target, reason=os_reason(error))) from error
    located = locate(codes)
    size = max(target.stat().st_size // 1024, 1)
    lines = [MADE.format(zip=target, count=len(files), size=size).pick(lang), ""]
    lines += [*describe(located, lang), "", report_line(folder, report).pick(lang)]
    notices += [*located.notices, *too_new(codes)]
    if notices:
        lines += ["", HINTS.pick(lang), *(f"  - {text.pick(lang)}" for text in notices)]
    return lines


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="pack.py",
        description="Pack your work into a zip and say what the grader will find in it. "
        "打包你的代码，并说明评分器会找到什么。",
    )
    made.add_argument("name", help="your name or student number: NAME.zip | 姓名或学号")
    made.add_argument("--report", type=Path, metavar="PDF", help="put this PDF in | 放入报告")
    made.add_argument(
        "--out", type=Path, default=Path("."), metavar="DIR", help="where the zip goes | 输出位置"
    )
    made.add_argument(
        "--folder", type=Path, default=HERE, metavar="DIR", help="where your code is | 代码位置"
    )
    return made


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 when the zip was made, 2 when the command line was wrong."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console may lack a character of a file's name
            stream.reconfigure(errors="replace")
    lang = default_language()
    try:
        print("\n".join(run(parser().parse_args(argv), lang)))
    except Refused as refused:
        print(refused.text.pick(lang), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
