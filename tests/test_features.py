"""Features: read once per image, found again by content, and the same in every order."""

import numpy as np
import pytest
from tiny_study import tiny_config, tiny_settings

from core.models.classifier import backbone_model, build_classifier
from core.training.features import FeatureBatches, Features, extract_features
from core.training.progress import StopRun
from core.training.run_data import assemble

settings = tiny_settings


class Counter:
    """Counts images that went through the network; stops when asked to."""

    def __init__(self, stop_after=None):
        self.total, self.stop_after = 0, stop_after

    def __call__(self, what, done, total, **_):
        if "frozen network" in what:
            self.total = total
            if self.stop_after is not None and done >= self.stop_after:
                raise StopRun


def extract(settings, counter=None, **changes):
    config = tiny_config("quick", **changes)
    data = assemble(config, settings, lambda *_, **__: None)
    model = build_classifier(
        config.backbone, config.classes, config.head, config.weights, settings, config.size,
        config.seed,
    )  # fmt: skip
    counter = counter or Counter()
    return extract_features(backbone_model(model), config, data, settings, counter), data, counter


def test_features_are_those_of_the_network_and_are_read_once(settings):
    features, data, counter = extract(settings, views=1)
    assert counter.total == len(data.rows)
    again, _, counter = extract(settings, views=1)
    assert counter.total == 0
    assert np.array_equal(again.rows[again.place[0]], features.rows[features.place[0]])
    assert features.rows[features.place[0]].std(axis=0).max() > 0


@pytest.mark.parametrize(
    ("change", "fresh"),
    [
        ({"head": {"units": 7}}, False),
        ({"split": {"seed": 3}}, False),
        ({"labels": "pneumonia2"}, False),
        ({"preprocess": {"clip_limit": 3.0}}, True),
        ({"image_size": 40}, True),
        ({"seed": 1}, True),
        ({"head": {"pooling": "flatten"}}, True),
    ],
    ids=str,
)
def test_only_what_shapes_a_feature_makes_it_anew(settings, change, fresh):
    extract(settings, views=1)
    _, data, counter = extract(settings, views=1, **change)
    assert counter.total == (len(data.rows) if fresh else 0)


def test_more_views_read_only_what_is_missing_and_only_for_training(settings):
    extract(settings, views=2, seed=5)
    features, data, counter = extract(settings, views=3, seed=5)
    assert counter.total == len(data.split.train)
    assert (features.place[1:, data.split.validation] == -1).all()
    views = features.rows[features.place[:, data.split.train[0]]]
    assert not np.allclose(views[0], views[1])
    assert not np.allclose(views[1], views[2])


def test_a_view_is_the_same_in_another_split(settings):
    one, first, _ = extract(settings, views=2, seed=6)
    other, second, counter = extract(settings, views=2, seed=6, split={"by": "image", "seed": 9})
    shared = np.intersect1d(first.split.train, second.split.train)
    assert 0 < counter.total < len(second.split.train)
    assert np.array_equal(one.rows[one.place[1, shared]], other.rows[other.place[1, shared]])


def test_a_stop_in_the_middle_keeps_what_was_read(settings):
    with pytest.raises(StopRun):
        extract(settings, Counter(stop_after=32), views=1, seed=7)
    _, data, counter = extract(settings, views=1, seed=7)
    assert counter.total == len(data.rows) - 32


def test_an_epoch_takes_every_image_once_in_one_of_its_views():
    place = np.arange(3 * 10).reshape(3, 10)
    rows = np.repeat(np.arange(30, dtype="float32")[:, None], 2, axis=1)
    positions = np.array([1, 4, 7, 8])
    labels = np.arange(10) % 3

    def epoch(number, seed=0):
        batches = FeatureBatches(Features(rows, place), positions, labels, 3, 3, seed, shuffle=True)
        batches.epoch = number
        parts = [batches[i] for i in range(len(batches))]
        assert [len(x) for x, _ in parts] == [3, 1]
        x = np.concatenate([x for x, _ in parts])[:, 0].astype(int)
        y = np.concatenate([y for _, y in parts])
        assert sorted(x % 10) == [1, 4, 7, 8]
        assert (y.argmax(axis=1) == labels[x % 10]).all()
        return x.tolist()

    assert epoch(0) == epoch(0)
    drawn = [epoch(number) for number in range(20)]
    assert len({tuple(x) for x in drawn}) > 10
    assert {view // 10 for x in drawn for view in x} == {0, 1, 2}
    assert epoch(0) != epoch(0, seed=1)
