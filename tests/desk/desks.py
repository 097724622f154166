"""A desk of a small class, and clients that sit at it."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from grader.desk.app import create
from grader.desk.room import Desk, Options

ORIGIN = "http://localhost"


def desk_of(out: Any, **more: object) -> Desk:
    values: dict[str, object] = {
        "lang": "en",
        "author": "li",
        "token": "right",
        "origins": (ORIGIN,),
    }
    return Desk(Options(out=out, **values | more))  # type: ignore[arg-type]


class Marker:
    """One person at a desk."""

    def __init__(self, desk: Desk, name: str = "") -> None:
        self.desk = desk
        self.client: FlaskClient = create(desk).test_client()
        if name:
            form = {"name": name, "password": password_of(name)}
            self.client.post("/login", data=form, headers={"Origin": ORIGIN})
        else:
            self.client.get("/?token=right")

    def alias(self, student_id: str = "0023001") -> str:
        course = self.desk.course()
        return self.desk.facts(course).by_id[course.find(student_id).id].alias

    def text(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def send(self, path: str, status: int = 200, **data: object) -> Any:
        answer = self.client.post(path, json=data, headers={"Origin": ORIGIN})
        assert answer.status_code == status, answer.text
        return answer.json

    def states(self, student_id: str) -> Any:
        return self.client.get(f"/api/hand-in/{self.alias(student_id)}").json

    def mark(
        self, student_id: str, criterion: str, points: object, status: int = 200, **more: object
    ) -> Any:
        """A mark as the page sends it: by the version that it shows."""
        shown = self.states(student_id)["criteria"][criterion]
        values = {
            "hand_in": self.alias(student_id),
            "criterion": criterion,
            "points": str(points),
            "note": shown["note"],
            "uses": [use["id"] for use in shown["uses"]],
            "seen": shown["version"],
        }
        return self.send("/api/mark", status, **values | more)


def password_of(name: str) -> str:
    return f"password of {name}"
