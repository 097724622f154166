"""Which mutations of the solutions survive, and how long every one of them takes to grade.

Run ``PYTHONPATH=. python bench/neighbourhood.py [--part P] [--jobs N]``. The same as ``make
mutants`` without the catalogue; the goal is no survivor, in less than ten minutes on two cores.
"""

from __future__ import annotations

import sys

from grader.authoring.mutants import main

if __name__ == "__main__":
    sys.exit(main(["--which", "mutations", *sys.argv[1:]]))
