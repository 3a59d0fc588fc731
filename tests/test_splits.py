import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from core.data.splits import SplitConfig, make_split, patient_groups
from core.errors import UserError


def make_rows(counts: dict[str, int], images_per_patient: int = 3) -> pd.DataFrame:
    """Rows with ``counts`` images a class, every patient in one class with a few images."""
    rows = []
    for index, (label, count) in enumerate(counts.items()):
        for n in range(count):
            patient = f"s:{label}{n // images_per_patient}"
            rows.append((label, index, patient, f"{label}-{n}"))
    table = pd.DataFrame(rows, columns=["label", "label_index", "patient", "sha256"])
    return table.astype({"patient": "str", "sha256": "str"})


COUNTS = {"normal": 150, "bacteria": 300, "coronavirus": 90}
# First validation rows of seed 3, from before there were folds.
WITHOUT_FOLD = {"image": [0, 2, 7, 20, 21], "patient": [21, 22, 23, 30, 31]}


@pytest.mark.parametrize("by", ["image", "patient"])
@pytest.mark.parametrize("fraction", [0.05, 0.2, 0.5])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_row_stands_on_one_side_in_its_classs_share(by, fraction, seed):
    rows = make_rows(COUNTS)
    config = SplitConfig(by=by, validation_fraction=fraction, seed=seed)
    split = make_split(rows, config)
    both = np.concatenate([split.train, split.validation])
    assert sorted(both) == list(range(len(rows)))
    table = split.describe(rows)
    assert list(table.index) == list(COUNTS)
    share = table["validation images"] / pd.Series(COUNTS)
    assert (share - fraction).abs().max() < 0.04
    assert table[["training images", "validation images"]].to_numpy().sum() == len(rows)
    again = make_split(rows, config)
    assert np.array_equal(again.validation, split.validation)
    other = make_split(rows, config.model_copy(update={"seed": seed + 5}))
    assert not np.array_equal(other.validation, split.validation)


def test_by_image_patients_stand_on_both_sides_and_by_patient_none():
    rows = make_rows(COUNTS)
    assert make_split(rows, SplitConfig(by="image")).overlap_patients > 0
    split = make_split(rows, SplitConfig(by="patient"))
    assert split.overlap_patients == 0
    patient = rows["patient"].to_numpy()
    assert not set(patient[split.train]) & set(patient[split.validation])


@pytest.mark.parametrize("seed", range(5))
def test_patients_who_share_an_image_stay_together(seed):
    rows = make_rows(COUNTS)
    # A chain: patient 0 shares an image with 1, 1 another one with 2, across classes too.
    rows.loc[3, "sha256"] = rows.loc[0, "sha256"]
    rows.loc[6, "sha256"] = rows.loc[4, "sha256"]
    rows.loc[200, "sha256"] = rows.loc[7, "sha256"]
    split = make_split(rows, SplitConfig(seed=seed))
    assert (split.overlap_patients, split.overlap_images) == (0, 0)
    groups = patient_groups(rows)
    assert len({groups[n] for n in (0, 3, 6, 8, 200)}) == 1
    assert len(set(groups)) == rows["patient"].nunique() - 3


def test_duplicates_that_leak_are_counted():
    rows = make_rows(COUNTS)
    rows["sha256"] = "one"
    split = make_split(rows, SplitConfig(by="image"))
    assert split.overlap_images == len(split.validation)


def test_a_row_without_patient_or_digest_stands_for_itself():
    rows = make_rows({"a": 40, "b": 40})
    rows["patient"] = ""
    rows["sha256"] = ""
    assert len(set(patient_groups(rows))) == 80
    split = make_split(rows, SplitConfig())
    assert (split.overlap_patients, split.overlap_images) == (0, 0)
    assert split.describe(rows)["training patients"].sum() == len(split.train)


def test_any_index_will_do():
    rows = make_rows(COUNTS)
    shifted = rows.set_index(np.arange(len(rows)) * 7 + 3)
    for by in ("image", "patient"):
        config = SplitConfig(by=by)
        assert np.array_equal(make_split(rows, config).train, make_split(shifted, config).train)
        split = make_split(shifted, config)
        assert split.describe(shifted).equals(split.describe(rows))


@pytest.mark.parametrize("by", ["image", "patient"])
@pytest.mark.parametrize("fraction", [0.2, 0.3])
def test_the_folds_of_one_seed_hold_every_image_once(by, fraction):
    rows = make_rows(COUNTS)
    # Two patients share an image: by patient they stay together in every fold.
    rows.loc[3, "sha256"] = rows.loc[0, "sha256"]
    folds = SplitConfig(validation_fraction=fraction).folds
    assert folds == {0.2: 5, 0.3: 3}[fraction]
    splits = [
        make_split(rows, SplitConfig(by=by, validation_fraction=fraction, seed=1, fold=fold))
        for fold in range(folds)
    ]
    assert sorted(np.concatenate([split.validation for split in splits])) == list(range(len(rows)))
    for split in splits:
        both = np.concatenate([split.train, split.validation])
        assert sorted(both) == list(range(len(rows)))
        share = split.describe(rows)["validation images"] / pd.Series(COUNTS)
        assert (share - 1 / folds).abs().max() < 0.04
        if by == "patient":
            assert (split.overlap_patients, split.overlap_images) == (0, 0)
    other = make_split(rows, SplitConfig(by=by, validation_fraction=fraction, seed=2, fold=0))
    assert not np.array_equal(other.validation, splits[0].validation)


def test_without_a_fold_the_division_is_the_one_it_always_was():
    rows = make_rows(COUNTS)
    by_image = make_split(rows, SplitConfig(by="image", seed=3))
    assert by_image.validation[:5].tolist() == WITHOUT_FOLD["image"]
    by_patient = make_split(rows, SplitConfig(by="patient", seed=3))
    assert by_patient.validation[:5].tolist() == WITHOUT_FOLD["patient"]


@pytest.mark.parametrize("by", ["image", "patient"])
def test_a_class_that_one_fold_lacks_is_said_with_the_fold(by):
    rows = make_rows({"a": 60, "rare": 3}, images_per_patient=1)
    refused = []
    for fold in range(5):
        try:
            split = make_split(rows, SplitConfig(by=by, fold=fold))
        except UserError as error:
            refused.append(str(error))
            assert f"Class 'rare' has too few {by}s" in str(error)
            assert f"of fold {fold};" in str(error)
        else:
            assert (split.describe(rows)["validation images"] > 0).all()
    assert len(refused) == 2


@pytest.mark.parametrize(
    ("fraction", "fold", "sentence"),
    [(0.2, 5, "there are 5 folds, 0 to 4"), (0.5, 2, "2 folds, 0 to 1"), (0.2, -1, "fold")],
)
def test_a_fold_that_there_is_not_is_refused(fraction, fold, sentence):
    with pytest.raises(ValidationError, match=sentence):
        SplitConfig(validation_fraction=fraction, fold=fold)


@pytest.mark.parametrize(
    ("counts", "by", "sentence"),
    [
        ({"a": 30, "rare": 3}, "patient", "Class 'rare' has only one patient.*split by image"),
        ({"a": 30, "rare": 1}, "image", "Class 'rare' has only one image"),
        ({"a": 300, "rare": 2}, "image", "Class 'rare' has too few images"),
        ({"a": 30}, "patient", "only class 'a'"),
        ({}, "image", "no class at all"),
        ({"a": 6, "b": 6}, "patient", "4 patients are too few"),
        ({"a": 2, "b": 2}, "image", "4 images cannot be divided"),
    ],
)
def test_what_cannot_be_divided_is_said(counts, by, sentence):
    with pytest.raises(UserError, match=sentence):
        make_split(make_rows(counts), SplitConfig(by=by))


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": "moon"},
        {"validation_fraction": 0.01},
        {"validation_fraction": 0.6},
        {"seed": -1},
        {"share": 0.2},
    ],
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValidationError):
        SplitConfig(**wrong)


@pytest.mark.parametrize("by", ["image", "patient"])
@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
@pytest.mark.parametrize("fold", [None, 1])
def test_what_is_held_back_for_calibration_is_whole_patients_of_training(by, share, fold):
    rows = make_rows(COUNTS)
    # Two patients who share an image stay together.
    rows.loc[3, "sha256"] = rows.loc[0, "sha256"]
    plain = SplitConfig(by=by, seed=2, fold=fold)
    before, split = (
        make_split(rows, plain.model_copy(update={"calibration_share": s})) for s in (0.0, share)
    )
    assert len(before.calibration) == 0
    assert np.array_equal(split.validation, before.validation)
    assert sorted([*split.train, *split.calibration]) == list(before.train)
    held_back = rows["label"].iloc[split.calibration].value_counts()
    of = rows["label"].iloc[before.train].value_counts()
    assert (held_back / of - share).abs().max() < 0.06
    groups = patient_groups(rows)
    assert not {*groups[split.train]} & {*groups[split.calibration]}
    table = split.describe(rows)
    assert table["calibration images"].to_dict() == held_back.to_dict()
    assert "calibration images" not in before.describe(rows)
    again = make_split(rows, plain.model_copy(update={"calibration_share": share}))
    assert np.array_equal(again.calibration, split.calibration)
    patient = rows["patient"]
    shared = {*patient.iloc[split.train]} & {*patient.iloc[split.validation]}
    assert split.overlap_patients == len(shared)


@pytest.mark.parametrize(
    ("counts", "share", "words"),
    [
        ({"a": 60, "b": 6}, 0.5, "class 'b' has too few patients"),
        ({"a": 60, "b": 60}, 0.001, "patients are too few to hold back"),
        ({"a": 60, "b": 60}, 5e-324, "patients are too few to hold back"),
    ],
)
def test_too_little_to_hold_back_is_one_sentence(counts, share, words):
    with pytest.raises(UserError, match=f"calibration_share: .*{words}"):
        make_split(make_rows(counts), SplitConfig(calibration_share=share))
