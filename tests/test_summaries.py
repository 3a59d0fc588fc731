"""The counts kept beside the catalog: right, refused for unknown names, and told at once."""

import json
import os
import subprocess
import sys

import pytest
from collections_on_disk import make_both, make_settings

from core.data.catalog import (
    load_catalog,
    select_rows,
    summarise,
)
from core.data.labels import COHORTS, LABEL_SCHEMES
from core.data.summaries import read_summary
from core.errors import UserError
from core.settings import PROJECT, read_settings


@pytest.fixture
def root(tmp_path):
    return make_both(tmp_path / "data")


@pytest.mark.parametrize("cohort", COHORTS)
@pytest.mark.parametrize("labels", LABEL_SCHEMES)
def test_counts_add_up_and_the_quick_way_gives_the_same(root, tmp_path, cohort, labels):
    settings = make_settings(tmp_path, root)
    catalog = load_catalog(settings)
    summary = summarise(catalog, cohort, labels)
    rows = select_rows(catalog, cohort, labels)
    assert len(rows) == summary["images"] == sum(summary["by_class"].values())
    assert summary["images"] + sum(summary["excluded"].values()) == len(catalog)
    assert list(summary["by_class"]) == list(LABEL_SCHEMES[labels].classes)
    assert summary["synthetic"] is False
    assert read_summary(settings, cohort, labels) == summary
    classes = LABEL_SCHEMES[labels].classes
    assert rows["label"].tolist() == [classes[index] for index in rows["label_index"]]


def test_names_that_do_not_exist(root, tmp_path):
    settings = make_settings(tmp_path, root)
    catalog = load_catalog(settings)
    for call in (
        lambda cohort, labels: select_rows(catalog, cohort, labels),
        lambda cohort, labels: read_summary(settings, cohort, labels),
    ):
        with pytest.raises(UserError, match="no cohort 'x'"):
            call("x", "four")
        with pytest.raises(UserError, match="no labels 'x'"):
            call("all", "x")


@pytest.mark.skipif("CHESTBENCH_DATA" not in os.environ, reason="needs the real collections")
def test_the_real_collections_give_the_papers_counts(tmp_path):
    settings = read_settings({**os.environ, "CHESTBENCH_ARTIFACTS": str(tmp_path)})
    assert read_summary(settings, "paper", "paper3")["by_finding"] == {
        "normal": 1583,
        "bacteria": 2780,
        "virus": 1493,
        "covid19": 231,
    }


def test_unchanged_counts_are_told_without_loading_pandas(root, tmp_path):
    environment = {
        "CHESTBENCH_DATA": str(root),
        "CHESTBENCH_ARTIFACTS": str(tmp_path / "artifacts"),
    }
    summary = read_summary(read_settings(environment), "all", "four")
    code = (
        "import json, sys\n"
        "from core.data.summaries import read_summary\n"
        "from core.settings import read_settings\n"
        "print(json.dumps(read_summary(read_settings(), 'all', 'four')))\n"
        "print('pandas' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
        env={**os.environ, **environment},
    )
    told, loaded = run.stdout.splitlines()
    assert json.loads(told) == summary
    assert loaded == "False"
