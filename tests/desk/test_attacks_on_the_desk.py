"""Every attack of the table comes to nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk_attacks import ATTACKS, DeskAttack, _paths, stage


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id.replace(" ", "-"))
def test_it_is_held(attack: DeskAttack, tmp_path: Path) -> None:
    with stage(tmp_path) as made:
        assert attack.held(made)


def test_each_route_that_shows_something_is_attacked(tmp_path: Path) -> None:
    with stage(tmp_path) as made:
        routes = made.client.application.url_map
        known = routes.bind("localhost")
        tried = {known.match(path.partition("?")[0])[0] for path in _paths(made)}
        shown = {rule.endpoint for rule in routes.iter_rules() if "GET" in (rule.methods or ())}

    assert shown - tried == {"static", "login"}
