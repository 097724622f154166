"""Show one GradeReport to people and programs.

``terminal`` prints it, ``html`` makes the student's and the staff's page, ``report_json`` the
machine-readable report. All text of a submission passes ``clean`` first.
"""

from __future__ import annotations

from pathlib import Path

from grader.core.model import GradeReport

from . import html, report_json


def write_reports(report: GradeReport, folder: Path, lang: str = "zh") -> None:
    """Write ``report.json``, ``feedback.html`` and ``staff.html`` into `folder`."""
    report_json.write(report, folder / "report.json")
    html.write(report, folder / "feedback.html", staff=False, lang=lang)
    html.write(report, folder / "staff.html", staff=True, lang=lang)
