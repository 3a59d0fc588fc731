"""The command ``report``: one whole file, or one sentence."""

import json

import pytest
from html_page import HtmlPage
from run_folders import make_finished_run

from core.__main__ import main

STUDY = "Two networks"


def test_the_command_writes_one_whole_file(settings, tmp_path, capsys):
    made = [make_finished_run(settings, study=STUDY, backbone=name) for name in ("VGG16", "VGG19")]
    out = tmp_path / "new" / "report.html"
    assert main(["report", "--study", STUDY, "--out", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["runs"] == [run.id for run in made] and answer["missing"] == []
    assert [path.name for path in out.parent.iterdir()] == ["report.html"]
    assert answer["megabytes"] == pytest.approx(out.stat().st_size / 1e6, abs=0.01)
    both = ",".join(run.id for run in made)
    assert main(["report", "--runs", both, "--out", str(out)]) == 0
    assert "Study" not in HtmlPage(out.read_text()).words[3]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--study", "None"), "There is no study 'None'"),
        (("--runs", ","), "--runs names no run"),
        (("--runs", "../x"), "There is no run '../x'"),
        (("--study", "None", "--out", "report.pdf"), "end it in .html"),
    ],
)
def test_the_command_says_what_is_wrong(settings, capsys, tmp_path, arguments, sentence):
    assert main(["report", "--out", str(tmp_path / "r.html"), *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "r.html").exists()
