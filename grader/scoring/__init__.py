"""From outcomes to points: the rubric, the score, the late policy."""
