"""Every attack of the table comes to nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk_attacks import ATTACKS, DeskAttack, stage


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id.replace(" ", "-"))
def test_it_is_held(attack: DeskAttack, tmp_path: Path) -> None:
    with stage(tmp_path) as made:
        assert attack.held(made)
