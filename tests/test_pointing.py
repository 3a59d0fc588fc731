"""The pointing test: what counts as a hit, and that a trained network's maps point at lesions."""

from pathlib import Path

import keras
import numpy as np
import pytest
from run_folders import make_environment, make_finished_run

from core import runs
from core.data import phantom
from core.data.catalog import load_catalog, select_rows
from core.data.splits import make_split
from core.errors import UserError
from core.files import write_json
from core.imaging.decode import read_image
from core.imaging.preprocess import prepare
from core.inference.pointing import near, peak_lies_in, pointing_test
from core.models.classifier import build_classifier
from core.settings import read_settings
from core.training.config import configure
from core.training.run_data import prediction_table

SHUFFLES = range(3)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A few phantoms and a run that learnt them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phantom, "PERSONS", {"normal": 12, "bacteria": 16, "virus": 5, "covid19": 5})
        settings = read_settings({"CHESTBENCH_ARTIFACTS": str(tmp_path_factory.mktemp("pointing"))})
        config = configure("TinyCNN", "finetune", cohort="all", split={"by": "patient"})
        yield settings, _train(settings, config)


def _train(settings, config):
    rows = select_rows(load_catalog(settings), config.cohort, config.labels)
    split = make_split(rows, config.split)
    images = [
        prepare(read_image(Path(path), settings.max_pixels), config.preprocess, config.size)
        for path in rows["path"]
    ]
    pixels, labels = np.stack(images)[..., None], rows["label_index"].to_numpy()
    model = build_classifier("TinyCNN", config.classes, config.head, "none", settings)
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy")
    model.fit(pixels[split.train], labels[split.train], batch_size=16, epochs=14, verbose=0)
    answers = model.predict(pixels[split.validation], verbose=0)
    run = runs.create_run(settings.runs, config.model_dump(mode="json"), "tiny")
    model.save(run.model_path)
    table = prediction_table(rows, split, answers, config.classes)
    table.to_csv(run.folder / "predictions.csv", index=False)
    write_json(run.folder / "metrics.json", {"synthetic": True})
    runs.write_status(run, state=runs.FINISHED)
    return runs.read_run(settings.runs, run.id)


def test_maps_of_a_trained_network_point_at_the_lesion_and_shuffled_ones_do_not(place):
    settings, run = place
    own, shuffled = pointing_test(run, settings, SHUFFLES)
    assert own.n >= 5 and shuffled.n == own.n * len(SHUFFLES)
    assert own.share >= 0.7 > shuffled.share
    assert own.ci95[0] > own.area
    low, high = own.ci95
    assert 0 <= low <= own.share <= high <= 1
    assert pointing_test(run, settings)[1] is None


def test_near_a_lesion_is_within_the_margin_of_the_width():
    lesion = np.zeros((100, 100), bool)
    lesion[50, 50] = True
    target = near(lesion, 0.1)
    assert target[50, 60] and target[40, 50] and not target[50, 61] and not target[58, 58]


def test_the_peak_is_looked_up_at_the_lesions_own_size():
    heat = np.zeros((10, 10), np.float32)
    heat[2, 7] = 1
    target = np.zeros((100, 100), bool)
    target[20:30, 70:80] = True
    assert peak_lies_in(heat, target) and not peak_lies_in(heat.T, target)


def test_runs_without_known_lesions_are_told_so(tmp_path, monkeypatch):
    settings = make_environment(tmp_path, monkeypatch)
    run = make_finished_run(settings)
    with pytest.raises(UserError, match="demonstration set"):
        pointing_test(run, settings)
