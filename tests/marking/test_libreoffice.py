"""One real spreadsheet program: LibreOffice opens the sheet, saves it, and nothing is lost."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from marked_class import graded_class, marked

from grader.marking import importing, sheet, sheet_reading, sheet_writing
from grader.marking.course import Course
from grader.marking.importing import ImportPlan
from grader.records.mark_events import WHOLE

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed: sheets not tried"),
]


def saved_by_libreoffice(path: Path, kind: str, folder: Path) -> Path:
    """`path` as the program writes it again."""
    assert SOFFICE is not None
    subprocess.run(
        [
            *(SOFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless"),
            # Without a window it asks nobody, and takes a CSV for the encoding of Windows.
            *(["--infilter=CSV:44,34,76"] if path.suffix == ".csv" else []),
            *("--convert-to", kind, "--outdir", str(folder), str(path)),
        ],
        check=True,
        timeout=180,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return folder / f"{path.stem}.{kind.partition(':')[0]}"


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("xlsx", "xlsx"),
        # Comma, double quotes, UTF-8 with its mark: what the program's own dialogue offers.
        ("csv", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"),
        ("xlsx", "ods"),
    ],
)
def test_what_it_saves_is_what_was_exported(tmp_path: Path, written: str, kind: str) -> None:
    with Course(graded_class(tmp_path / "out")) as course:
        marked(course, "0023001", "report.modules", "8/3")
        marked(course, "0023002", "report.figures", "2.5")
        marked(course, "23003", WHOLE, None, note="=1+1，第二行\n'引号'")
        path = tmp_path / f"marks.{written}"
        sheet_writing.write(sheet.build(course, "zh"), path, "zh")
        folder = tmp_path / "saved"
        folder.mkdir()

        back = saved_by_libreoffice(path, kind, folder)
        if kind == "ods":  # and from its own format back to a workbook
            (folder / "again").mkdir()
            back = saved_by_libreoffice(back, "xlsx", folder / "again")
        elif not back.exists():  # it adds the sheet's name to a CSV
            (back,) = folder.glob("*.csv")
        criteria = [criterion.id for criterion in course.rubric.criteria]

        plan = importing.plan(course, sheet_reading.read(back, criteria), "wang")

    assert plan == ImportPlan()
