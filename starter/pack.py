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
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "tests"))

try:
    from kit.contracts import MAX_REPORT_BYTES, PARTS
    from kit.file_names import is_reserved
    from kit.left_raises import LeftRaise, left_raises
    from kit.locate import Located, PartFiles, locate
    from kit.own_code import collect, files_below, too_new, torch_in_numpy, unparsed
    from kit.sources import show
    from kit.text import Text, default_language, joined, os_reason
except ImportError as error:
    sys.exit(
        f"pack.py needs the folder tests of the starter beside it ({error}). "
        "pack.py 需要和它放在一起的 tests 文件夹，请重新下载模板。"
    )

MADE = Text("已生成 {zip}（{count} 个文件，{size} KB）。", "Made {zip} ({count} files, {size} KB).")
INSIDE = Text("评分器会在里面找到：", "What the grader will find in it:")
WRITTEN = Text("已完成：", "written: ")
LEFT = Text(
    "写了，但里面还有 NotImplementedError，请删掉：",
    "written, but still with a NotImplementedError to remove: ",
)
STUBS = Text("还是模板原样：", "still the stub: ")
MISSING = Text("没有定义：", "not defined: ")
OTHER_PARTS = Text("没有找到的部分：{parts}。", "Parts that are not in it: {parts}")
HINTS = Text("请注意：", "Please note:")
BROKEN = Text(
    "评分时无法读取以下代码，请先改正，再重新打包：",
    "Correct this first, then pack again: grading cannot read this code.",
)
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
LONE_PDF = Text(
    "报告：{name} 已放进 zip，因为文件夹里只有这一个 PDF。如果它不是报告，用 --report 指定报告，"
    "或先把它移走。",
    "Report: {name} is in the zip, as the only PDF of the folder. If it is not the report, name "
    "the report with --report, or move this file away first.",
)
NO_PDF = Text(
    "注意：zip 里没有报告。把报告（PDF）放进本文件夹再运行一次，或用 --report 指定，"
    "或在提交时和 zip 一起提交。",
    "Note: there is no report in the zip. Put it (a PDF) into this folder and run this again, "
    "name it with --report, or hand it in beside the zip.",
)
SEVERAL_PDFS = Text(
    "注意：zip 里没有报告，因为文件夹里有几个 PDF：{names}。请用 --report 指定哪一个是报告。",
    "Note: there is no report in the zip, since the folder holds several PDFs: {names}. Say which "
    "one is the report with --report.",
)


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


def describe(located: Located, left: Iterable[LeftRaise], lang: str) -> list[str]:
    """A paragraph for each part of this lab that was found, a line for those that were not."""
    left = list(left)
    lines = [INSIDE.pick(lang)]
    wanted = [part for part in PARTS if part.id in parts_with_points()]
    for part in wanted:
        if part.id in located.found:
            lines += describe_part(located, located.found[part.id], left, lang)
    absent = [part.id for part in wanted if part.id not in located.found]
    if absent:
        lines.append("  " + OTHER_PARTS.format(parts=joined(absent)).pick(lang))
    return lines


def course() -> dict[str, Any]:
    """What ``tests/points.json`` says of this course; nothing where that file is not there."""
    try:
        found = json.loads((HERE / "tests" / "points.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def parts_with_points() -> set[str]:
    """The parts that this course marks; all of them where the list of points is not there."""
    try:
        points = course()
        return {check.partition(".")[0] for check in points["checks"]} | set(points["hidden"])
    except KeyError:
        return {part.id for part in PARTS}


def describe_part(
    located: Located, files: PartFiles, left: Iterable[LeftRaise], lang: str
) -> list[str]:
    """Where a part is and how far it has come."""
    lines = [f"  {files.part.id}: {', '.join(show(path) for path in files.paths)}"]
    # What a file without a syntax tree lacks is not known.
    missing = () if unparsed(located, files.part.id) else files.missing
    if files.part.optional:  # all optional: only what is begun can miss something
        begun = {name.partition(".")[0] for name in files.names}
        missing = tuple(name for name in missing if name.partition(".")[0] in begun)
    written = tuple(map(files.part.blank_title, files.written))
    begun = {
        one.name: one.text.pick(lang)
        for one in left
        if one.path in files.paths and one.name in files.unwritten
    }
    stubs = tuple(name for name in files.unwritten if name not in begun)
    for label, names in (
        (WRITTEN, written),
        (LEFT, tuple(begun.values())),
        (STUBS, stubs),
        (MISSING, missing),
    ):
        if names:
            lines.append(f"    {label.pick(lang)}{joined(names).pick(lang)}")
    return lines


def choose_report(folder: Path, named: Path | None) -> tuple[dict[str, bytes], list[Text]]:
    """The report that goes into the zip, by its file name, and what to say of it, line by line."""
    if named is not None:
        return {named.name: read_report(named)}, [REPORT_IN.format(name=show(named.name))]
    found = [path for path in files_below(folder) if path.suffix.lower() == ".pdf"]
    names = joined(show(path.relative_to(folder).as_posix()) for path in found)
    if not found:
        return {}, [NO_PDF]
    if len(found) > 1:
        return {}, [SEVERAL_PDFS.format(names=names)]
    try:
        return {found[0].name: read_report(found[0])}, [LONE_PDF.format(name=names)]
    except Refused as refused:
        return {}, [refused.text, NO_PDF]


def run(arguments: argparse.Namespace, lang: str) -> list[str]:
    """Make the zip; the lines to print."""
    folder, report = arguments.folder, arguments.report
    name = safe_name(arguments.name)
    if not folder.is_dir():
        raise Refused(NO_FOLDER.format(folder=folder))
    codes, notices = collect(folder)
    if not codes:
        raise Refused(NOTHING.format(folder=folder))
    located = locate(codes)
    inside, said = choose_report(folder, report)
    files = {code.path: code.data for code in codes} | inside
    target = arguments.out / f"{name}.zip"
    try:
        write_zip(target, {f"{name}/{path}": data for path, data in files.items()})
    except OSError as error:
        raise Refused(CANNOT_WRITE.format(path=target, reason=os_reason(error))) from error
    size = max(target.stat().st_size // 1024, 1)
    broken = dict.fromkeys(found.notice for found in located.unparsed)
    notices += [notice for notice in located.notices if notice not in broken]
    notices += [*too_new(codes), *torch_in_numpy(codes, located, parts_with_points())]
    lines = [*listed(BROKEN, broken, lang), ""] if broken else []
    lines += [MADE.format(zip=target, count=len(files), size=size).pick(lang), ""]
    left = left_raises(codes, course().get("blanks", {}))
    lines += [*describe(located, left, lang), "", *(text.pick(lang) for text in said)]
    return [*lines, "", *listed(HINTS, notices, lang)] if notices else lines


def listed(heading: Text, texts: Iterable[Text], lang: str) -> list[str]:
    """A heading and a line for each text."""
    return [heading.pick(lang), *(f"  - {text.pick(lang)}" for text in texts)]


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
