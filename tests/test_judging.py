"""Which of several runs judges an image for the commands, and what happens when one cannot."""

from types import SimpleNamespace

import pytest

from core import judging
from core.errors import UserError
from core.inference import reference


def judged_by(monkeypatch, known, broken=(), unknown=()):
    """Let three runs judge: ``known`` are current, ``broken`` raise, ``unknown`` give a reason."""
    asked = [SimpleNamespace(id=name) for name in "abc"]
    tried = []

    def judge_image(run, image, settings):
        tried.append(run.id)
        if run.id in broken:
            raise UserError(f"model.keras of {run.id} is damaged.")
        if run.id in unknown:
            return None, f"no images of {run.id}", {}
        return SimpleNamespace(run=run.id), "", {"run": run.id}

    monkeypatch.setattr(judging, "judge_image", judge_image)
    monkeypatch.setattr(reference, "is_current", lambda run: run.id in known)
    return judging.judge_by_one_of(asked, None, None), tried


@pytest.mark.parametrize(
    ("known", "broken", "unknown", "expected"),
    [
        ("", "", "", ["a"]),
        ("c", "", "", ["c"]),
        ("c", "c", "", ["c", "a"]),
        ("", "a", "b", ["a", "b", "c"]),
    ],
)
def test_the_first_that_can_judges(monkeypatch, known, broken, unknown, expected):
    (judgement, problem, answer), tried = judged_by(monkeypatch, known, broken, unknown)
    assert tried == expected and judgement.run == answer["run"] == expected[-1] and not problem


def test_when_none_can_the_reason_is_told(monkeypatch):
    (judgement, problem, answer), _ = judged_by(monkeypatch, "", "ab", "c")
    assert judgement is None and problem == "no images of c"
    assert answer == {"accepted": None, "reasons": [problem]}
