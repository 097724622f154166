"""Every page that people read passes axe by the rules of WCAG 2.2 AA, in all its forms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browsers
import pytest
from desk_class import desk_class
from made_reports import report_of, result
from marked_class import graded_class, mark_all
from test_browser import press, serving, sitting

from grader.core.model import Evidence, ReportEvidence
from grader.core.report_evidence import SYMPTOMS, ReportReading, Symptom
from grader.feedback import html
from grader.feedback.class_page import write_class_page
from grader.marking.course import Course
from kit.pictures import Frequencies, Gradient, Gradients, Loss, Norms, Temperatures
from kit.text import Text

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CODE = ".lines"
EMPTY, HOSTILE = "20230002", "20230003"
SIZES = {"desktop": {"width": 1280, "height": 850}, "phone": {"width": 390, "height": 800}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    yield from browsers.chromium()


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Perfect, poor, empty and hostile hand-ins, with their pages."""
    return desk_class(tmp_path_factory.mktemp("axe") / "out", 4, written=True, reports=True)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_desk(browser: Any, out: Path, lang: str, size: str) -> None:
    # The command's own language is English; another is chosen on the page.
    with serving(out) as server, sitting(browser, server, viewport=SIZES[size]) as page:
        if lang == "zh":
            page.locator("button[name=lang]").click()
        base = server.address.split("?")[0]
        for path in ("", "conflicts", "comments", "markers", "questions", "finish", "none"):
            page.goto(base + path)
            assert browsers.violations(page) == [], path
        # Axe takes seconds for the many lines of code: once is enough.
        _open(page, base, EMPTY)
        assert browsers.violations(page) == []
        _open(page, base, HOSTILE)
        assert browsers.violations(page, without=CODE) == []
        page.evaluate(
            "() => document.querySelectorAll('details').forEach((one) => { one.open = true; })"
        )
        assert browsers.violations(page) == []
        press(page, "1", "s")
        page.keyboard.type("loss")
        page.wait_for_selector("#hits li")
        assert browsers.violations(page, without=CODE) == []
        press(page, "Escape", "c")
        page.wait_for_selector("dialog#comments[open]")
        assert browsers.violations(page, without=CODE) == []
        press(page, "Escape", "?")
        page.wait_for_selector("dialog#help[open]")
        assert browsers.violations(page, without=CODE) == []


@pytest.mark.parametrize("size", SIZES)
def test_publishing(browser: Any, tmp_path: Path, size: str) -> None:
    """Nothing is missing: the form, with a field for a file, and what was made."""
    out = graded_class(tmp_path / "out")
    mark_all(out)
    with serving(out) as server, sitting(browser, server, viewport=SIZES[size]) as page:
        page.goto(f"{server.address.split('?')[0]}finish")
        page.locator("select[name=format]").select_option("tronclass")
        page.locator("select[name=pages]").select_option("pages")
        assert browsers.violations(page) == []
        page.locator("#publish button.main").click()
        page.wait_for_selector("#made")
        assert browsers.violations(page) == []
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= SIZES[size]["width"]


def test_without_a_browser_tests_are_skipped_and_fail_in_ci(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(browsers, "CHROMIUM", None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no chromium"):
        next(browsers.chromium())
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="allows no skip"):
        next(browsers.chromium())


def test_the_rules_are_looked_at(browser: Any) -> None:
    """This page has no title and no language."""
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content("<p>x")
        assert len(browsers.violations(page)) >= 2


def _open(page: Any, base: str, student_id: str) -> None:
    page.goto(f"{base}?q={student_id}")
    page.locator(".queue tbody a").first.click()
    page.wait_for_selector("[data-ready]")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["feedback.html", "staff.html"])
def test_the_pages_of_a_hand_in(browser: Any, out: Path, name: str, size: str) -> None:
    with browser.new_context(viewport=SIZES[size]) as context:
        page = context.new_page()
        found = sorted(out.glob(f"*/{name}"))[:4]
        assert len(found) == 4  # perfect, poor, empty, hostile
        for path in found:
            page.goto(path.as_uri())
            for lang in ("zh", "en"):
                page.locator(f"label[for={lang}]").click()
                assert browsers.violations(page) == [], (path.parent.name, lang)


@pytest.mark.parametrize("size", SIZES)
def test_the_page_of_the_class(browser: Any, out: Path, size: str) -> None:
    with Course(out) as course:
        write_class_page(course.gradebook(), out / "index.html")
    with browser.new_context(viewport=SIZES[size]) as context:
        page = context.new_page()
        page.goto((out / "index.html").as_uri())
        page.evaluate(
            "() => document.querySelectorAll('details').forEach((one) => { one.open = true; })"
        )
        for lang in ("zh", "en"):
            page.locator(f"label[for={lang}]").click()
            assert browsers.violations(page) == [], lang


@pytest.mark.parametrize("size", SIZES)
def test_the_pictures_of_a_page(browser: Any, tmp_path: Path, size: str) -> None:
    norms = Norms((2.0, None, 1e300), (0.01, 0.1, 1.0))
    gradient = Gradient("dWhh", (2.0, -4.0, 9.0), (1.0, -2.0, 0.5))
    loss, draws = Loss(1.6, 0.4, 0.7, 1.6), Frequencies("top_k", 3, (5, 1, 0), (0.2, 0.3, 0.5))
    checks = [
        result(id, picture=picture, message=Text(id, id))
        for id, picture in zip(
            ("poems.public", "poems.third", "poems.hidden"), (norms, loss, draws), strict=True
        )
    ]
    warm = Frequencies("temperature", 2.0, (5, 1, 0), (0.2, 0.3, 0.5))
    advice = (
        result("poems.advice", picture=Gradients((gradient,)), advice=True),
        result("poems.drawn.frequencies", picture=Temperatures((warm, warm, warm)), advice=True),
    )
    symptoms = tuple(Symptom(kind, "logs/train.txt", "loss nan") for kind in sorted(SYMPTOMS))
    reading = ReportReading(0, 0, (), (), (), (), (), symptoms=symptoms)
    evidence = Evidence(None, ReportEvidence("report.pdf", 3, 900, reading=reading))
    made = report_of(*checks, *advice, evidence=evidence)
    (tmp_path / "feedback.html").write_text(html.render(made, staff=False), "utf-8")
    with browser.new_context(viewport=SIZES[size]) as context:
        page = context.new_page()
        page.goto((tmp_path / "feedback.html").as_uri())
        assert page.locator("figure").count() == 5
        for lang in ("zh", "en", "both"):
            page.locator(f"label[for={lang}]").click()
            assert browsers.violations(page) == [], lang
            wide = "() => document.documentElement.scrollWidth <= window.innerWidth"
            assert page.evaluate(wide), lang
