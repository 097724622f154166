"""Show one GradeReport to people and programs.

``terminal`` prints it, ``html`` makes the student's and the staff's page, ``report_json`` the
machine-readable report. All text of a submission passes ``clean`` first.
"""

from typing import Final

REPORT: Final = "report.json"
RESULTS: Final = "results.json"
STUDENT_PAGE: Final = "feedback.html"
STAFF_PAGE: Final = "staff.html"
ERROR: Final = "error.txt"
REPORT_PDF: Final = "report.pdf"
"""The report as it was handed in, for whoever marks it. It is hostile: only a sandbox opens it."""

MATERIALS: Final = "materials.zip"
"""Its training logs and pictures, as they were handed in; hostile as well."""

PAGES: Final = (REPORT, RESULTS, STUDENT_PAGE, STAFF_PAGE, ERROR)
"""Everything that a grading writes into the folder of a hand-in; ERROR after a fault alone."""
