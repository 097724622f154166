"""Make the four pictures of the desk that ``docs/desk.md`` and the READMEs show.

Run: ``PYTHONPATH=. python bench/desk_pictures.py``, with Chromium and the packages of the browser
tests. The class is made up; who marks is called li. Look at the pictures before you keep them.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "desk")]

import browsers  # type: ignore[import-not-found]  # noqa: E402
from desk_class import desk_class  # type: ignore[import-not-found]  # noqa: E402
from PIL import Image  # noqa: E402
from test_browser import press, serving, sitting  # type: ignore[import-not-found]  # noqa: E402

DOCS = ROOT / "docs"
DESKTOP = {"width": 1180, "height": 760}
PHONE = {"width": 390, "height": 760}
COLOURS = 96
"""Of each picture: enough for its text, and a third of the bytes."""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        out = desk_class(Path(name) / "out", 12, reports=True)
        for browser in browsers.chromium():
            desktop(browser, out)
            phone(browser, out)


def desktop(browser: Any, out: Path) -> None:
    """The queue, one hand-in with what was found beside each criterion, and its code."""
    with serving(out) as server, sitting(browser, server, viewport=DESKTOP) as page:
        page.locator("button[name=lang]").click()
        page.locator("button[name=blind]").click()
        open_first(page)
        press(page, "2")
        saved(page)
        press(page, "ArrowDown", "2")
        saved(page)
        address = page.url
        # With the figures chosen: the evidence for them is in view.
        page.locator('[data-criterion="report.figures"] h3').click()
        press(page, "2")
        saved(page)
        page.locator('[data-criterion="report.figures"]').scroll_into_view_if_needed()
        keep(page, "desk-hand-in")
        page.goto(server.address.split("?")[0])
        keep(page, "desk-queue")
        page.goto(address)
        page.wait_for_selector("[data-ready]")
        page.evaluate("() => document.querySelector('tr.note').scrollIntoView({block: 'center'})")
        keep(page, "desk-code")


def phone(browser: Any, out: Path) -> None:
    with serving(out) as server, sitting(browser, server, viewport=PHONE) as page:
        open_first(page)
        # Below the bar, with what was found in the report.
        page.evaluate(
            "() => scrollTo(0, document.querySelector('.criterion').getBoundingClientRect().top"
            " + scrollY - 200)"
        )
        keep(page, "desk-phone")


def open_first(page: Any) -> None:
    """Open the first hand-in of the queue."""
    page.locator(".queue tbody a").first.click()
    page.wait_for_selector("[data-ready]")


def saved(page: Any) -> None:
    """Wait until the page says so."""
    page.wait_for_function(
        "() => /^(已保存|Saved)/.test(document.querySelector('#state').innerText)"
    )
    page.wait_for_load_state("networkidle")


def keep(page: Any, name: str) -> None:
    page.wait_for_load_state("networkidle")
    drawn = Image.open(io.BytesIO(page.screenshot()))
    drawn.convert("RGB").quantize(COLOURS).save(DOCS / f"{name}.png", optimize=True)
    print(DOCS / f"{name}.png")


if __name__ == "__main__":
    main()
