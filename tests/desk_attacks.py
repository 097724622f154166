"""``python -m tests.desk_attacks``: try every attack on the desk and print what came of it."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask.testing import FlaskClient
from rich.console import Console
from rich.table import Table

from grader.core.materials import Material
from grader.desk import pictures
from grader.desk.app import create
from grader.desk.keeping import Keeping
from grader.desk.room import Desk, Options
from grader.export import formats
from grader.marking import kept_materials
from tests.desk_class import HOSTILE_CODE, HOSTILE_NAME, desk_class

ORIGIN = "http://localhost"
MOST_SECONDS = 10.0
"""Seven searches take no longer; a pattern that backtracks would take for ever."""

SCRIPT = "<script>alert(1)</script>\"'{{7*7}}"
PAGES = ("/", "/conflicts", "/comments", "/markers", "/questions", "/finish")


@dataclass(frozen=True)
class Stage:
    """A desk that somebody sits at, and a browser that was not let in."""

    desk: Desk
    client: FlaskClient
    stranger: FlaskClient

    @property
    def marked(self) -> int:
        """How many marks there are."""
        return len(self.desk.course().marks.marks())

    @property
    def hostile(self) -> str:
        """The alias of the hand-in whose name and source are hostile."""
        course = self.desk.course()
        return self.desk.facts(course).by_id[course.snapshot.entries[3].id].alias

    def mark(self, client: FlaskClient, headers: dict[str, str], **more: Any) -> int:
        """Try to record a mark; the status."""
        data = {"hand_in": self.hostile, "criterion": "report.figures", "points": "8", "seen": 0}
        sent = more or {"json": data}
        return client.post("/api/mark", headers=headers, **sent).status_code


@dataclass(frozen=True)
class DeskAttack:
    """One attack; `held` says whether it came to nothing."""

    id: str
    tries: str
    held: Callable[[Stage], bool]


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """A desk of four hand-ins, one of them hostile."""
    out = desk_class(folder / "out", 4, reports=True)
    options = Options(out=out, lang="en", author="li", token="right", origins=(ORIGIN,))
    with Desk(options) as desk:
        app = create(desk)
        client = app.test_client()
        client.get("/?token=right")
        yield Stage(desk, client, app.test_client())


def _paths(s: Stage) -> list[str]:
    """An address of every route that shows something of the class."""
    asked = [f"/api/{what}/{s.hostile}" for what in ("hand-in", "report", "log")]
    asked[1:] = [f"{asked[1]}?q=loss", f"{asked[2]}/1"]
    return [*PAGES, f"/h/{s.hostile}", *asked, *_pictures(s), "/api/comments", "/next", "/made/0"]


def _pictures(s: Stage) -> list[str]:
    """The first page of the hostile report, and the hand-in's own picture."""
    course = s.desk.course()
    folder, id = s.desk.options.out, course.snapshot.entries[3].id
    report, materials = pictures.path_of(folder, id), kept_materials.path_of(folder, id)
    assert report is not None
    assert materials is not None
    return [
        f"/p/{s.hostile}/{pictures.tag(report, ())}/1.png",
        f"/m/{s.hostile}/{pictures.tag(materials, ())}/0.png",
    ]


def _unlocked(s: Stage) -> bool:
    codes = {s.stranger.get(path).status_code for path in _paths(s)}
    return codes == {401} and s.mark(s.stranger, {"Origin": ORIGIN}) == 401 and not s.marked


def _guessed(s: Stage) -> bool:
    tokens = ("", "wrong", "righ", "right ", "RIGHT", "right\x00")
    return all(s.stranger.get(f"/?token={quote(t)}").status_code == 403 for t in tokens)


def _forged(s: Stage) -> bool:
    cookie = s.client.get_cookie("desk-0")
    assert cookie is not None
    for value in (cookie.value[::-1], cookie.value.partition(".")[0], "e30.x.y", ""):
        s.stranger.set_cookie("desk-0", value)
        if s.stranger.get("/").status_code != 401:
            return False
    return True


def _foreign(s: Stage) -> bool:
    """The cookie of another desk, signed with that one's key."""
    with tempfile.TemporaryDirectory() as name, stage(Path(name)) as other:
        cookie = other.client.get_cookie("desk-0")
        assert cookie is not None
        s.stranger.set_cookie("desk-0", cookie.value)
        return s.stranger.get("/").status_code == 401


def _rebound(s: Stage) -> bool:
    hosts = ("evil.example", "localhost.evil.example", "127.0.0.1:1", "[::1]", "")
    answers = [s.client.get(p, headers={"Host": host}) for host in hosts for p in _paths(s)]
    return {answer.status_code for answer in answers} == {403}


def _posted(s: Stage) -> bool:
    origins = (
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": ORIGIN + ":1"},
    )
    return {s.mark(s.client, dict(o)) for o in origins} == {403} and not s.marked


def _form(s: Stage) -> bool:
    body = f'{{"hand_in": "{s.hostile}", "criterion": "report.figures", "points": "8", "seen": 0}}'
    kinds = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
    codes = {s.mark(s.client, {"Origin": ORIGIN}, data=body, content_type=kind) for kind in kinds}
    return codes == {415} and not s.marked


def _framed(s: Stage) -> bool:
    policies = {s.client.get(path).headers["Content-Security-Policy"] for path in PAGES}
    loaded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    return (
        all("frame-ancestors 'none'" in p and "unsafe" not in p for p in policies)
        and s.client.get("/", headers=loaded).status_code == 403
    )


def _traversed(s: Stage) -> bool:
    course = s.desk.course()
    id = course.snapshot.entries[0].id
    paths = [
        *("/desk.json", "/marks.sqlite", "/grades.sqlite", f"/{quote(id)}/report.pdf"),
        *("/static/../keeping.py", "/static/..%2fkeeping.py", "/static/%2e%2e/keeping.py"),
        *("/static/..\\keeping.py", "/static//etc/passwd", "/h/..%2f..%2fdesk.json"),
        *(f"/h/{quote(id)}", f"/p/{quote(id)}/0/1.png", "/p/../../desk.json/0/1.png"),
    ]
    codes = {s.client.get(p, follow_redirects=True).status_code for p in paths}
    return codes <= {404, 405}


def _linked(s: Stage) -> bool:
    folder = s.desk.options.out / "link"
    folder.mkdir()
    (folder / "report.pdf").symlink_to(s.desk.options.out / "desk.json")
    return pictures.path_of(s.desk.options.out, "link") is None


def _contents(folder: Path) -> dict[Path, bytes]:
    """Of all files but those that SQLite keeps beside an open store."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def _uploaded(s: Stage) -> bool:
    """A template may become a file of its own folder, and nothing else."""
    out = s.desk.options.out
    before = _contents(out)
    sent = {"data": b"<script>", "content_type": "application/octet-stream"}
    own = {"Origin": ORIGIN}
    for name in ("../desk.json", "..\\..\\grades.sqlite", "/etc/x.csv", "x.html", "x.csv\0.py"):
        for format in ("moodle", "..", "choice.json", "%2e%2e", "pages"):
            path = f"/api/template/{format}?name={quote(name)}"
            s.client.post(path, headers=own, **sent)
            s.stranger.post(path, headers=own, **sent)
            s.client.post(path, headers={"Origin": "https://evil.example"}, **sent)
        path = f"/api/template/{quote(name)}/remove"
        s.client.post(path, headers=own, json={})
        s.stranger.post("/api/template/moodle/remove", headers=own, json={})
        s.client.post("/api/template/moodle/remove", json={})
    after = _contents(out)
    new = {str(path.relative_to(out)) for path in set(after) - set(before)}
    kept = all(after.get(path) == data for path, data in before.items())
    fetched = [s.client.get(f"/made/{n}").status_code for n in ("0", "-1", "../desk.json")]
    return kept and new == {"platform/moodle.csv"} and fetched == [404, 404, 404]


def _scripted(s: Stage) -> bool:
    for path in (*PAGES, f"/h/{s.hostile}", "/?q=" + quote(HOSTILE_NAME)):
        text = s.client.get(path).text
        if "<img src=x" in text or "<script>" in text or "49" in text.partition("<h1")[2][:60]:
            return False
    return HOSTILE_CODE.splitlines()[0] not in s.client.get(f"/h/{s.hostile}").text


def _commented(s: Stage) -> bool:
    headers = {"Origin": ORIGIN}
    note = {"hand_in": s.hostile, "criterion": "", "points": "", "note": SCRIPT, "seen": 0}
    s.client.post("/api/mark", headers=headers, json=note)
    s.client.post("/api/comments", headers=headers, json={"zh": SCRIPT, "en": "", "points": ""})
    asked = {"hand_in": s.hostile, "criterion": "", "text": SCRIPT}
    s.client.post("/api/questions", headers=headers, json=asked)
    paths = (*PAGES, f"/h/{s.hostile}", "/?q=" + quote(SCRIPT))
    return all("<script>" not in s.client.get(path).text for path in paths)


def _redirected(s: Stage) -> bool:
    found = set()
    elsewhere = ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:0")
    for back in (*elsewhere, "/\t/evil.example", "/\n/evil.example"):
        data = {"lang": "en", "back": back}
        found.add(s.client.post("/choose", data=data, headers={"Origin": ORIGIN}).location)
    return found == {"/"}


def _swollen(s: Stage) -> bool:
    headers = {"Origin": ORIGIN}
    before = s.marked
    codes = [
        s.mark(s.client, headers, data=b"[" * (1 << 20), content_type="application/json"),
        s.mark(s.client, headers, data=b"[" * 100_000, content_type="application/json"),
        *(
            s.client.post(
                "/api/comments", headers=headers, json={"zh": "x", "points": p}
            ).status_code
            for p in ("1e9999999999", "9" * 5000, "1/0", "nan")
        ),
    ]
    return all(400 <= code < 500 for code in codes) and s.marked == before


def _tried(s: Stage) -> bool:
    """Passwords, one after the other."""
    Keeping.load(s.desk.options.out).set_password("li", "long enough 1")
    with Desk(Options(out=s.desk.options.out, origins=(ORIGIN,))) as shared:
        client = create(shared).test_client()
        codes = [
            client.post(
                "/login",
                data={"name": "li", "password": f"guess {i}"},
                headers={"Origin": ORIGIN},
            ).status_code
            for i in range(8)
        ]
        return codes == [403] * 5 + [429] * 3 and client.get("/").status_code == 303


def _named(s: Stage) -> bool:
    """Names, where they are hidden."""
    s.client.post("/choose", data={"blind": "1"}, headers={"Origin": ORIGIN})
    course = s.desk.course()
    people = [p for entry in course.snapshot.entries for p in entry.people]
    listed = s.desk.options.out / "listed.csv"
    s.desk.made = (formats.export(course.gradebook(), "csv", out=listed),)
    # Pictures of pages have names painted over; their bytes say nothing.
    paths = [path for path in _paths(s) if path != "/next" and not path.endswith(".png")]
    texts = [s.client.get(path).text for path in paths]
    words = [word for p in people for word in (p.name, p.student_id, p.email)]
    drawn, own = _pictures(s)
    # The picture with the names is at another address, and that one is closed.
    closed = s.client.get(drawn).status_code == 404 and s.client.get(own).status_code == 200
    return closed and not any(word in text for word in words for text in texts)


def _asked_for(s: Stage) -> bool:
    """Whose report it is, by searching for the name, where names are hidden."""
    person = s.desk.course().snapshot.entries[0].people[0]
    alias = next(iter(a for a, f in _by_alias(s).items() if f.entry.people[0] == person))
    before = s.client.get(f"/api/report/{alias}?q={person.student_id}").json
    s.client.post("/choose", data={"blind": "1"}, headers={"Origin": ORIGIN})
    after = [
        s.client.get(f"/api/report/{alias}?q={quote(word)}").json
        for word in (person.student_id, person.student_id[3:], person.name)
    ]
    return bool(before and before["hits"]) and not any(found["hits"] for found in after)


def _by_alias(s: Stage) -> dict[str, Any]:
    return dict(s.desk.facts(s.desk.course()).by_alias)


def _searched(s: Stage) -> bool:
    """Expressions, huge queries and markup in the search of a report."""
    queries = ("(a+)+" * 19, "[" * 100, ".*", "x" * 100_000, "%00", SCRIPT, "\\" * 5000)
    start = time.perf_counter()
    answers = [s.client.get(f"/api/report/{s.hostile}?q={quote(query)}") for query in queries]
    quick = time.perf_counter() - start < MOST_SECONDS
    return quick and all(
        a.status_code == 200 and a.mimetype == "application/json" and not a.json["hits"]
        for a in answers
    )


def _logged(s: Stage) -> bool:
    """Markup in a log, and logs that are none."""
    answer = s.client.get(f"/api/log/{s.hostile}/1")
    held = (
        HOSTILE_CODE.splitlines()[0] in answer.json["text"]  # as text, for the script to show
        and answer.mimetype == "application/json"
        and answer.headers["X-Content-Type-Options"] == "nosniff"
    )
    numbers = ("0", "2", "-1", "99999999999", "1.png", "..", "1/../0")
    return held and {s.client.get(f"/api/log/{s.hostile}/{n}").status_code for n in numbers} <= {
        404
    }


def _swapped(s: Stage) -> bool:
    """Pictures by a guessed tag, of another hand-in, of pages and files that are not there."""
    other = next(a for a, f in _by_alias(s).items() if f.entry.people[0].student_id == "20230002")
    found = set()
    for path in _pictures(s):
        _, kind, alias, tag, name = path.split("/")
        tries = (
            *((alias, guess, name) for guess in ("0" * len(tag), tag[:-1], tag + "0", "%2e%2e")),
            (other, tag, name),
            *((alias, tag, f"{number}.png") for number in (-1, 501, 10**20, "1e3", "%00")),
        )
        found |= {s.client.get(f"/{kind}/{'/'.join(t)}").status_code for t in tries}
    return found == {404}


def _materialised(s: Stage) -> bool:
    """Pictures that are none, or so large that nobody could draw them."""
    entry = s.desk.course().snapshot.entries[3]
    huge = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\xff" * 8 + b"\x08\x02\0\0\0" + b"\0" * 100
    kinds = (b"", b"<svg onload='alert(1)'/>", huge, b"GIF89a" + b"\xff" * 1000)
    made = [Material(f"{n}.png", data) for n, data in enumerate(kinds)]
    kept_materials.keep(s.desk.options.out / entry.id, tuple(made))
    address = _pictures(s)[1].rpartition("/")[0]
    codes = {s.client.get(f"{address}/{n}.png").status_code for n in range(len(kinds))}
    return codes == {404} and s.client.get(f"/h/{s.hostile}").status_code == 200


def _drawn(s: Stage) -> bool:
    """A report that is none, or of a size that nobody could draw."""
    path = s.desk.options.out / "hostile.pdf"
    for data in (b"", b"%PDF-1.7\n" + b"[" * 100_000, b"%PDF-1.4\n%%EOF", b"\x89PNG\r\n\x1a\n"):
        path.write_bytes(data)
        if s.desk.pictures.page(path, 0, ("x",)).png:
            return False
    return True


ATTACKS = (
    DeskAttack("unlocked", "every page and request without the link", _unlocked),
    DeskAttack("guessed token", "other tokens", _guessed),
    DeskAttack("forged cookie", "a cookie that was changed or made up", _forged),
    DeskAttack("foreign cookie", "the cookie of another desk", _foreign),
    DeskAttack("DNS rebinding", "a name of the attacker that leads to this machine", _rebound),
    DeskAttack("cross-site request", "a page of another site records a mark", _posted),
    DeskAttack("cross-site form", "a form of another site sends JSON", _form),
    DeskAttack("framing", "the desk inside another page, or loaded by it", _framed),
    DeskAttack("path traversal", "files of the results, of the package, of the system", _traversed),
    DeskAttack("symbolic link", "a report that is a link to another file", _linked),
    DeskAttack("upload", "a template of another name or type, or from another site", _uploaded),
    DeskAttack("script in name or source", "markup and templates in what was handed in", _scripted),
    DeskAttack("script in words", "markup in notes, comments, questions, searches", _commented),
    DeskAttack("redirection", "the choice of a language leads to another site", _redirected),
    DeskAttack("large input", "huge bodies, nested JSON, numbers that fill the memory", _swollen),
    DeskAttack("passwords", "guessing, one after the other", _tried),
    DeskAttack("hidden names", "whose hand-in it is, where names are hidden", _named),
    DeskAttack("name by search", "a name in the report, where names are hidden", _asked_for),
    DeskAttack("hostile search", "expressions and huge queries in a report", _searched),
    DeskAttack("hostile log", "markup in a log, logs that are none", _logged),
    DeskAttack("picture by guess", "pages and pictures by another address", _swapped),
    DeskAttack("hostile picture", "files that are no picture, or huge ones", _materialised),
    DeskAttack("hostile report", "files that are no PDF, drawn in the sandbox", _drawn),
)  # fmt: skip


def main() -> int:
    """0 if every attack was held."""
    table = Table(title="Attacks on the desk")
    for name in ("attack", "tries", "verdict"):
        table.add_column(name)
    failed = 0
    for attack in ATTACKS:
        with tempfile.TemporaryDirectory() as name, stage(Path(name)) as made:
            held = attack.held(made)
        failed += not held
        verdict = "held" if held else "GAINED"
        table.add_row(attack.id, attack.tries, verdict, style=None if held else "bold red")
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
