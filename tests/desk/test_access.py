"""Who reaches the desk, and what every answer carries."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from desks import ORIGIN, desk_of
from flask.testing import FlaskClient
from marked_class import graded_class

from grader.core.errors import UsageError
from grader.desk import access, keeping
from grader.desk.app import create
from grader.desk.keeping import Keeping
from grader.desk.room import Desk
from grader.desk.serving import options_of

PAGES = ("/", "/conflicts", "/comments", "/markers", "/questions", "/finish")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_of(graded_class(tmp_path / "out")) as made:
        yield made


@pytest.fixture
def stranger(desk: Desk) -> FlaskClient:
    return create(desk).test_client()


@pytest.fixture
def client(stranger: FlaskClient) -> FlaskClient:
    assert stranger.get("/?token=right").status_code == 303
    return stranger


def alias_of(desk: Desk, student_id: str = "0023001") -> str:
    course = desk.course()
    return desk.facts(course).by_id[course.find(student_id).id].alias


def routes(client: FlaskClient, desk: Desk) -> Iterator[tuple[str, str]]:
    """Every route with every method, its arguments filled in."""
    for rule in client.application.url_map.iter_rules():
        if rule.endpoint in access.OPEN:
            continue
        values = {"alias": alias_of(desk), "id": "c1", "number": 1, "tag": "0", "format": "csv"}
        path = client.application.url_map.bind("localhost").build(
            rule.endpoint,
            {name: values[name] for name in rule.arguments},
            method=next(iter(rule.methods or ())),
        )
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            yield method, path


def test_without_the_link_nothing_is_reached(stranger: FlaskClient, desk: Desk) -> None:
    tried = list(routes(stranger, desk))

    assert len(tried) > 15
    for method, path in tried:
        answer = stranger.open(path, method=method, headers={"Origin": ORIGIN}, json={})
        assert answer.status_code == 401, (method, path)
        assert "0023001" not in answer.text
    assert stranger.get("/?token=wrong").status_code == 403
    assert stranger.get("/?token=").status_code == 403


def test_the_link_lets_in_and_leaves_no_token_behind(stranger: FlaskClient) -> None:
    answer = stranger.get("/?token=right")

    cookie = answer.headers["Set-Cookie"]
    assert answer.headers["Location"] == "/"
    assert "right" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert all(stranger.get(page).status_code == 200 for page in PAGES)


def test_an_open_page_goes_on_after_a_restart(client: FlaskClient, desk: Desk) -> None:
    with desk_of(desk.options.out, token="other") as again:
        later = create(again).test_client()
        cookie = client.get_cookie("desk-0")
        assert cookie is not None
        later.set_cookie("desk-0", cookie.value)
        assert later.get("/").status_code == 200
        # The signature's first character: of its last one, some bits are not read.
        signed, _, signature = cookie.value.rpartition(".")
        other = "B" if signature[0] == "A" else "A"
        later.set_cookie("desk-0", f"{signed}.{other}{signature[1:]}")
        assert later.get("/").status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1:1", "localhost:8765", ""]
)
def test_another_name_of_this_machine_is_refused(client: FlaskClient, host: str) -> None:
    """An attacker's DNS may point at it (DNS rebinding)."""
    for path in (*PAGES, "/static/desk.css", "/?token=right"):
        assert client.get(path, headers={"Host": host}, buffered=True).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "https://localhost"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_changes_nothing(
    client: FlaskClient, desk: Desk, headers: dict[str, str]
) -> None:
    for method, path in routes(client, desk):
        if method == "POST":
            assert client.post(path, headers=headers, json={}).status_code == 403, path
    assert desk.course().marks.marks() == ()


def test_only_json_records_something(client: FlaskClient, desk: Desk) -> None:
    """A form of another site can send any body, but not this type without asking first."""
    body = f'{{"hand_in": "{alias_of(desk)}", "criterion": "essay", "points": "8", "seen": 0}}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = client.post("/api/mark", data=body, content_type=kind, headers={"Origin": ORIGIN})
        assert answer.status_code == 415
    for broken in ("", "[]", "1", "{", '{"hand_in": 3}', '{"hand_in": "x", "seen": true}'):
        answer = client.post(
            "/api/mark", data=broken, content_type="application/json", headers={"Origin": ORIGIN}
        )
        assert answer.status_code in (400, 404), broken
    assert desk.course().marks.marks() == ()


def test_a_page_that_shows_the_desk_in_a_frame_or_an_image_gets_nothing(
    client: FlaskClient,
) -> None:
    for mode in ("no-cors", "cors"):
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode}
        assert client.get("/", headers=headers).status_code == 403
    # A link in a message opens it: the browser then sends no cookie of ours along.
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=link).status_code == 200


def test_every_answer_has_the_policy(client: FlaskClient, desk: Desk) -> None:
    paths = [*PAGES, f"/h/{alias_of(desk)}", "/static/desk.css", "/no/such", "/?token=wrong"]
    for path in paths:
        headers = client.get(path, buffered=True).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "no-" in headers["Cache-Control"]


def test_no_page_has_a_script_or_style_of_its_own(client: FlaskClient, desk: Desk) -> None:
    for path in (*PAGES, f"/h/{alias_of(desk)}"):
        text = client.get(path).text
        assert "<script>" not in text
        assert "<style" not in text
        assert " style=" not in text
        assert "javascript:" not in text
        assert "http://" not in text
        assert "https://" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/grades.sqlite", "/marks.sqlite", "/desk.json", "/static/../keeping.py",
        "/static/..%2fkeeping.py", "/static/%2e%2e/keeping.py", "/static/..\\keeping.py",
        "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/h/..%2f..%2fdesk.json",
        "/h/0023001-%E5%BC%A0%E4%B8%89", "/0023001-%E5%BC%A0%E4%B8%89/staff.html", "/static/",
        "/h/", "/api/hand-in/..", "/api/comments/../mark",
    ],
)  # fmt: skip
def test_nothing_of_the_results_folder_is_reachable(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code in (404, 405, 308)
    if answer.status_code == 308:
        assert client.get(path, follow_redirects=True).status_code == 404


def test_the_choice_of_a_language_leads_nowhere_else(client: FlaskClient) -> None:
    elsewhere = ("https://evil.example", "//evil.example", "/\\evil.example", "evil", "")
    for back in (*elsewhere, "/\t/evil.example", "/\n/evil.example", "/\r\nX: y"):
        answer = client.post(
            "/choose", data={"lang": "zh", "back": back}, headers={"Origin": ORIGIN}
        )
        assert answer.headers["Location"] == "/"
    answer = client.post(
        "/choose", data={"lang": "zh", "back": "/markers"}, headers={"Origin": ORIGIN}
    )
    assert answer.headers["Location"] == "/markers"
    assert "评分人" in client.get("/markers").text


def test_the_file_of_the_desk_is_for_its_owner_alone(desk: Desk) -> None:
    kept = desk.options.out / "desk.json"

    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert Keeping.load(desk.options.out).cookie_key == desk.keeping.cookie_key


# ---------------------------------------------------------------- several markers


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Desk]:
    out = graded_class(tmp_path / "out")
    kept = Keeping.load(out)
    kept.set_password("li", "long enough 1")
    kept.set_password("wang", "long enough 2")
    with desk_of(out, token="") as made:
        yield made


def log_in(client: FlaskClient, name: str, password: str) -> int:
    form = {"name": name, "password": password}
    return client.post("/login", data=form, headers={"Origin": ORIGIN}).status_code


def test_markers_log_in_by_password(shared: Desk) -> None:
    client = create(shared).test_client()

    assert client.get("/").headers["Location"] == "/login"
    assert client.get("/?token=").headers["Location"] == "/login"
    assert log_in(client, "li", "long enough 2") == 403
    assert log_in(client, "nobody", "") == 403
    assert client.post("/api/mark", json={}, headers={"Origin": ORIGIN}).status_code == 401
    assert log_in(client, "li", "long enough 1") == 303
    assert "li" in client.get("/").text
    client.post("/logout", headers={"Origin": ORIGIN})
    assert client.get("/").status_code == 303


def test_a_new_password_ends_the_sessions_of_the_old_one(shared: Desk) -> None:
    client = create(shared).test_client()
    log_in(client, "li", "long enough 1")

    shared.keeping.set_password("li", "another long one")

    assert client.get("/").status_code == 303


def test_passwords_cannot_be_tried_for_long(shared: Desk) -> None:
    client = create(shared).test_client()

    assert [log_in(client, "li", f"guess {i}") for i in range(6)] == [403] * 5 + [429]
    assert log_in(client, "li", "long enough 1") == 429
    assert log_in(client, "wang", "long enough 2") == 303


@pytest.mark.slow_passwords
def test_passwords_are_kept_as_hashes_that_cost_much(shared: Desk) -> None:
    text = (shared.options.out / "desk.json").read_text("utf-8")

    assert "long enough" not in text
    work = re.findall(r"\bscrypt:(\d+):(\d+):(\d+)\$", f"{text} {keeping._NOBODY}")
    assert len(work) == 3
    assert all(int(n) * int(r) * int(p) >= 1 << 18 for n, r, p in work)
    assert log_in(create(shared).test_client(), "li", "long enough 1") == 303


def test_the_link_of_one_person_opens_no_shared_desk(shared: Desk, desk: Desk) -> None:
    client = create(shared).test_client()

    client.get("/?token=right")

    assert client.get("/").headers["Location"] == "/login"


def test_a_desk_is_never_open_by_mistake(tmp_path: Path) -> None:
    out = graded_class(tmp_path / "out")
    common = {"lang": "en", "author": "li"}

    assert options_of(out, **common).token
    with pytest.raises(UsageError, match="--add-marker"):
        options_of(out, **common, host="127.0.0.1")
    with pytest.raises(UsageError, match="--host"):
        options_of(out, **common, origin="https://desk.example")
    kept = Keeping.load(out)
    with pytest.raises(UsageError, match="10 characters"):
        kept.set_password("li", "short")
    with pytest.raises(UsageError, match="letters and digits"):
        kept.set_password("../li", "long enough 1")
    kept.set_password("li", "long enough 1")
    with pytest.raises(UsageError, match="--origin"):
        options_of(out, **common, host="0.0.0.0")
    with pytest.raises(UsageError, match="expected as in"):
        options_of(out, **common, host="0.0.0.0", origin="desk.example")
    behind = options_of(out, **common, host="0.0.0.0", origin="https://desk.example/")
    assert behind.secure
    assert behind.origins == ("https://desk.example",)
    assert not behind.token
