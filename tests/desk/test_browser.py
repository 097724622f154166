"""The desk in a real browser, used by keyboard alone."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import browsers
import pytest
from desk_class import desk_class
from marked_class import graded_class, mark_all, moodle_worksheet

from grader import ROOT
from grader.marking.course import Course
from grader.records.mark_events import MarkEvent

pytestmark = [
    pytest.mark.slow,
    # Playwright's own event loop and pipes are closed by its garbage.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
NAMES = re.compile("张三|李四|王五|赵六|0023001|0023002|23003|A04")
WAIT_MS = 30_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    yield from browsers.chromium()


@dataclass
class Server:
    """The command, in a process of its own."""

    out: Path
    words: tuple[str, ...] = ()
    port: int = 0
    address: str = ""
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> str:
        """The address that it prints."""
        command = [sys.executable, "-m", "grader", "desk", "--out", str(self.out), "--no-browser"]
        command += ["--port", str(self.port), "--lang", "en", "--author", "li", *self.words]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
        )
        assert self._process.stdout is not None
        found = re.search(r"http\S+", self._process.stdout.readline())
        assert found
        self.address = found[0]
        return self.address

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def serving(out: Path, *words: str) -> Iterator[Server]:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(out, words, port)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def sitting(browser: Any, server: Server, **options: object) -> Iterator[Any]:
    """A page of a browser of its own; a fault of a script or of the policy fails the test."""
    context = browser.new_context(**options)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None,
    )
    page.goto(server.address)
    yield page
    assert not faults
    context.close()


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def opened(page: Any, key: str) -> None:
    """Press a key that opens a hand-in, and wait for it."""
    before = page.url
    page.keyboard.press(key)
    page.wait_for_url(lambda url: url != before)
    page.wait_for_selector("[data-ready]")


def saved(page: Any) -> None:
    page.wait_for_selector("#state.saved")


def until(page: Any, come: Callable[[], bool]) -> None:
    """Wait for something; the page's own policy refuses a predicate as text."""
    for _ in range(WAIT_MS // 50):
        if come():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came")


def all_given(page: Any) -> None:
    until(page, lambda: page.locator(".criterion.given").count() == 3)
    saved(page)


def events(out: Path) -> list[MarkEvent]:
    with Course(out) as course:
        return list(course.marks.marks())


def given(out: Path) -> dict[str, dict[str, str]]:
    """What stands, by hand-in and criterion."""
    found: dict[str, dict[str, str]] = {}
    for event in events(out):
        found.setdefault(event.hand_in, {})[event.criterion] = str(event.base)
    return found


def test_three_hand_ins_by_keyboard_alone_and_a_kill_in_between(
    browser: Any, tmp_path: Path
) -> None:
    out = graded_class(tmp_path / "out")
    with serving(out) as server, sitting(browser, server) as page:
        opened(page, "n")
        for number in range(3):
            # A level, then free points twice: ArrowDown leaves the field and saves.
            press(page, "2", "ArrowDown", "3", ".", "5", "ArrowDown", "7", "Enter")
            all_given(page)
            if number == 1:
                server.kill()
                press(page, "8")
                page.wait_for_selector("#state.offline")
                server.start()
                saved(page)
            if number < 2:
                opened(page, "n")
        marks = given(out)
        assert len(marks) == 3
        assert sorted(m["essay"] for m in marks.values()) == ["7", "7", "8"]
        assert all(m["report.modules"] == "8/3" for m in marks.values())
        assert all(m["report.figures"] == "7/2" for m in marks.values())
        # Undo takes back what was done last, also on an earlier hand-in.
        press(page, "u")
        page.wait_for_selector("#state.undone")
        press(page, "u")
        page.wait_for_selector("#state.undone")
        last = [event for event in events(out) if event.base is None]
        assert last


def test_comments_are_found_and_written_by_typing(browser: Any, tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out")
    with serving(out) as server, sitting(browser, server) as page:
        opened(page, "n")
        press(page, "1", "c")
        page.wait_for_selector("dialog#comments[open]")
        page.keyboard.type("the axes have no names")
        page.keyboard.press("Enter")
        page.wait_for_selector(".said li")
        saved(page)
        opened(page, "ArrowRight")
        press(page, "c")
        page.wait_for_selector("dialog#comments[open]")
        page.keyboard.type("axes")
        page.wait_for_selector("#found li")
        page.keyboard.press("Enter")
        page.wait_for_selector(".said li")
        saved(page)
        press(page, "?")
        page.wait_for_selector("dialog#help[open]")
        press(page, "Escape")
    with Course(out) as course:
        (comment,) = course.marks.comments()
        assert comment.en == "the axes have no names"
        assert course.present().uses() == {comment.id: 2}


def test_two_browsers_and_a_conflict(browser: Any, tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out")
    with serving(out) as server, sitting(browser, server) as one, sitting(browser, server) as two:
        for page in (one, two):
            opened(page, "n")
        assert one.url == two.url
        one.keyboard.press("1")
        saved(one)
        two.keyboard.press("3")
        two.wait_for_selector(".choice button")
        assert given(out)[next(iter(given(out)))]["report.modules"] == "4"
        # By keyboard: the second button takes one's own.
        two.locator(".choice button").nth(1).focus()
        two.keyboard.press("Enter")
        saved(two)
        assert [str(event.base) for event in events(out)] == ["4", "0"]
        one.keyboard.press("2")
        one.wait_for_selector(".choice button")
        one.locator(".choice button").nth(0).focus()
        one.keyboard.press("Enter")
        until(one, lambda: one.locator(".got").first.text_content() == "0")
        assert len(events(out)) == 2


def test_an_input_method_triggers_no_key(browser: Any, tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out")
    with serving(out) as server, sitting(browser, server) as page:
        opened(page, "n")
        at = page.url
        session = page.context.new_cdp_session(page)
        # Keys that an input method takes for a word, as browsers report them.
        for key in ("n", "1", "u", "ArrowRight", "Delete"):
            session.send(
                "Input.dispatchKeyEvent",
                {"type": "rawKeyDown", "key": key, "windowsVirtualKeyCode": 229},
            )
            page.evaluate(
                "key => document.body.dispatchEvent(new KeyboardEvent('keydown', "
                "{key, isComposing: true, bubbles: true}))",
                key,
            )
        press(page, "t")
        page.wait_for_selector(".note-field textarea:focus")
        session.send("Input.imeSetComposition", {"text": "zuo", "selectionStart": 3,
                                                 "selectionEnd": 3})  # fmt: skip
        page.wait_for_timeout(1200)
        assert events(out) == []
        session.send("Input.insertText", {"text": "坐标轴没有名称"})
        page.keyboard.press("Escape")
        saved(page)
        assert page.url == at
    (event,) = events(out)
    assert event.note == "坐标轴没有名称"
    assert event.base is None


def test_hidden_names_leak_nowhere(browser: Any, tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out")
    with serving(out, "--blind") as server, sitting(browser, server) as page:
        seen: list[str] = []
        page.on("request", lambda request: seen.append(request.url))
        for path in ("", "conflicts", "comments", "markers", "questions", "finish"):
            page.goto(f"{server.address.split('?')[0]}{path}")
            seen += [page.title(), page.url, page.content()]
        page.goto(server.address.split("?")[0])
        opened(page, "n")
        for number in range(4):
            seen += [page.title(), page.url, page.content()]
            if number < 3:
                opened(page, "ArrowRight")
        assert len(seen) > 30
        assert not [text for text in seen if NAMES.search(text)]


def test_the_marks_are_published_from_the_page(browser: Any, tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out")
    with serving(out) as server, sitting(browser, server) as page:
        for _ in range(4):
            opened(page, "n")
            press(page, "1", "ArrowDown", "5", "ArrowDown", "8", "Enter")
            all_given(page)
        one = page.url
        page.goto(f"{server.address.split('?')[0]}finish")
        page.locator("#publish button.main").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Published last")
        page.goto(one)
        page.wait_for_selector("[data-ready]")
        press(page, "ArrowUp", "ArrowUp", "ArrowUp", "2")
        page.wait_for_selector("#why:focus")
        page.keyboard.type("asked, and right")
        page.keyboard.press("Tab")
        saved(page)
    assert events(out)[-1].why == "asked, and right"
    assert (out / "gradebook.csv").is_file()


def test_the_platforms_file_and_the_zip_are_made_from_the_page(
    browser: Any, tmp_path: Path
) -> None:
    out = graded_class(tmp_path / "out")
    mark_all(out)
    worksheet = tmp_path / "成绩 实验.csv"
    worksheet.write_text(moodle_worksheet(), "utf-8-sig")
    with serving(out) as server, sitting(browser, server, accept_downloads=True) as page:
        page.goto(f"{server.address.split('?')[0]}finish")
        assert not page.locator("[data-template-of=format]").is_visible()
        page.locator("select[name=format]").select_option("moodle")
        page.locator("select[name=pages]").select_option("moodle-feedback")
        page.locator("#publish button.main").click()
        page.wait_for_selector("#said:not([hidden])")
        assert "Choose the file that the platform exported" in page.locator("#said").inner_text()
        page.locator("[data-template-of=format]").set_input_files(worksheet)
        page.locator("#publish button.main").click()
        page.wait_for_selector("#made")
        shown = page.locator("#made").inner_text()
        assert str(out / "marks-moodle.csv") in shown
        with page.expect_download() as waiting:
            page.locator("#made a").first.click()
        waiting.value.save_as(tmp_path / "got.csv")
        # What was chosen is chosen again, with the file that is here already.
        assert page.locator("select[name=format]").input_value() == "moodle"
        assert "is here already" in page.locator("#publish").inner_text()
        page.locator("[data-remove-of=format]").click()
        page.wait_for_selector("[data-remove-of=format]", state="hidden")
        assert "is here already" not in page.locator("#publish").inner_text()
        assert not (out / "platform" / "moodle.csv").exists()
        page.reload()
        assert not page.locator("[data-remove-of=format]").is_visible()
    rows = list(csv.DictReader((tmp_path / "got.csv").read_text("utf-8-sig").splitlines()))
    assert [row["Grade"] for row in rows] == ["20.00"] * 3
    with zipfile.ZipFile(out / "marks-moodle-feedback.zip") as made:
        assert len(made.namelist()) == 3
        assert "20.00" in made.read(made.namelist()[0]).decode()


def test_a_report_is_searched_and_its_evidence_turns_the_page(browser: Any, tmp_path: Path) -> None:
    out = desk_class(tmp_path / "out", 1, reports=True)
    with serving(out) as server, sitting(browser, server) as page:
        opened(page, "n")
        at = page.url
        press(page, "s")
        page.wait_for_selector("#search-report:focus")
        # Keys are words here, and mark nothing.
        page.keyboard.type("page 3, by 1n")
        page.wait_for_selector("#hits-said:text('Not found')")
        press(page, "Backspace", "Backspace", "Enter")
        page.wait_for_selector("#hits li")
        page.wait_for_selector("#page[data-shown='3']")
        press(page, "Escape")
        page.locator("#page-back").click()
        page.locator(".hints [data-turn='2']").first.click()
        page.wait_for_selector("#page[data-shown='2']")
        press(page, "PageDown")
        page.wait_for_selector("#page[data-shown='3']")
        assert page.url == at
    assert events(out) == []


@pytest.mark.parametrize("size", [(1280, 850), (390, 800)], ids=["desktop", "phone"])
def test_every_page_fits_and_is_labelled(
    browser: Any, tmp_path: Path, size: tuple[int, int]
) -> None:
    """No page scrolls sideways; whatever can be used has a name; text has contrast."""
    out = desk_class(tmp_path / "out", 6)
    view = {"width": size[0], "height": size[1]}
    with serving(out) as server, sitting(browser, server, viewport=view) as page:
        base = server.address.split("?")[0]
        page.goto(f"{base}next")
        page.wait_for_selector("[data-ready]")
        hand_in = page.url.removeprefix(base)
        for path in ("", hand_in, "conflicts", "comments", "markers", "questions", "finish"):
            page.goto(base + path)
            assert page.evaluate(PROBLEMS) == [], path
            assert "owned" not in page.title()


PROBLEMS = """() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(`scrolls sideways ${root.scrollWidth}`);
  for (const one of document.querySelectorAll("button, a[href], input, select, textarea")) {
    const name = one.textContent.trim() || one.getAttribute("aria-label") ||
      one.labels?.[0]?.textContent.trim() || one.type === "hidden";
    if (!name) found.push(`no name ${one.outerHTML.slice(0, 80)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  if (new Set(ids).size < ids.length) found.push("an id is used twice");
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map(
      (v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !one.offsetParent || one.closest(".visually-hidden, .skip")) continue;
    let back = [255, 255, 255];
    for (let up = one; up; up = up.parentElement) {
      const colour = numbers(getComputedStyle(up).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) { back = colour.slice(0, 3); break; }
    }
    const fore = numbers(getComputedStyle(one).color).slice(0, 3);
    const opacity = Number(getComputedStyle(one).opacity);
    const mixed = fore.map((v, i) => v * opacity + back[i] * (1 - opacity));
    const [a, b] = [light(mixed), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`contrast ${ratio.toFixed(2)} ${one.outerHTML.slice(0, 90)}`);
  }
  return found.slice(0, 5);
}"""
