"""Dividing the images into training and validation: by image, or with patients kept apart.

Holds the one decision on which every score rests. By image is what the paper does; then images of
one patient stand on both sides, and a score says in part how well patients are recognised. Which
rows take part is decided before, in ``catalog``; what is held back of the training images, if
anything, is drawn by ``held_back``.
"""

import warnings
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from core.data.group_folds import stratified_group_folds
from core.data.held_back import hold_back
from core.data.patients import patient_groups, patient_names
from core.data.texts import occurs_in
from core.errors import UserError


class SplitConfig(BaseModel):
    """How to divide; immutable, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Literal["image", "patient"] = Field(
        "patient",
        description="image: images are dealt out one by one, as in the paper; patient: all images "
        "of a patient go to one side.",
    )
    validation_fraction: float = Field(
        0.2,
        ge=0.05,
        le=0.5,
        description="Share of the images kept for checking. By patient it is one of 1/2, 1/3, ... "
        "1/20, the one nearest to what was asked for.",
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of who goes to which side.")
    fold: int | None = Field(
        None,
        ge=0,
        description="Which part of a cross-validation is kept for checking, counted from 0. The "
        "folds of one seed share no image and together hold all of them; there are as many as the "
        "validation share says (5 for 20 %). Empty: one division alone.",
    )
    calibration_share: float = Field(
        0.0,
        ge=0,
        le=0.5,
        description="Share of the training images that is held back, whole patients together, "
        "neither learnt from nor checked on: on them the run sets the temperature that makes its "
        "probabilities mean what they say (temperature scaling). One of 1/2, 1/3, ..., the nearest "
        "to what was asked for; 0: none.",
    )

    @field_validator("fold")
    @classmethod
    def _is_one_of_the_folds(cls, value: int | None, info: ValidationInfo) -> int | None:
        # Where the share itself does not fit, its own sentence comes first.
        share = info.data.get("validation_fraction")
        if value is not None and share is not None and value >= (count := _fold_count(share)):
            raise ValueError(
                f"with {share:.0%} for validation there are {count} folds, 0 to {count - 1}"
            )
        return value

    @property
    def folds(self) -> int:
        """How many folds a cross-validation with this share for validation has."""
        return _fold_count(self.validation_fraction)


@dataclass(frozen=True)
class Split:
    """Positions into the rows that were divided, ascending int64, and what both sides share.

    ``overlap_patients``: patients with images on both sides; ``overlap_images``: validation images
    of which an exact duplicate (same SHA-256) is in training. ``calibration``: what is held back,
    on neither side; its patients and images are in no case in training.
    """

    train: np.ndarray
    validation: np.ndarray
    overlap_patients: int
    overlap_images: int
    calibration: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def describe(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Images and patients of every class on each side, one row a class, in class order.

        ``rows`` are the rows that were divided. Columns: training images, validation images,
        training patients, validation patients; and the same of calibration, where there is any.
        """
        sides = {"training": self.train, "validation": self.validation}
        if len(self.calibration):
            sides["calibration"] = self.calibration
        order = rows.drop_duplicates("label").sort_values("label_index")["label"]
        patient = patient_names(rows)
        counted = {}
        for name, positions in sides.items():
            label = rows["label"].iloc[positions]
            counted[f"{name} images"] = label.value_counts()
            counted[f"{name} patients"] = patient.iloc[positions].groupby(label).nunique()
        columns = [f"{name} {what}" for what in ("images", "patients") for name in sides]
        table = pd.DataFrame(counted).reindex(index=order, columns=columns)
        return table.fillna(0).astype("int64").rename_axis("class")


def make_split(rows: pd.DataFrame, config: SplitConfig) -> Split:
    """Divide ``rows`` of ``catalog.select_rows``, each class in its share; same seed, same split.

    By patient, patients who share an exact duplicate image go to one side together, so that neither
    a patient nor an image stands on both; a row without a patient id is a patient of its own. With
    a fold in ``config`` it is that part of a stratified cross-validation: the folds of one seed
    divide ``rows`` among them. A share for calibration is then held back from training, by patient
    in either case. Raises UserError naming a class that has too little to stand on both
    sides.
    """
    _check_sizes(rows, config)
    label = rows["label_index"].to_numpy()
    if config.by == "image":
        train, validation = _by_image(rows, label, config)
    else:
        train, validation = _by_group(rows, label, config)
    train, validation = np.sort(train), np.sort(validation)
    calibration = np.empty(0, np.int64)
    if config.calibration_share:
        held = hold_back(
            rows["label"].to_numpy()[train],
            patient_groups(rows)[train],
            config.calibration_share,
            config.seed,
        )
        train, calibration = np.delete(train, held), train[held]
    patient = rows["patient"].to_numpy(dtype=object)
    digest = rows["sha256"]
    trained = digest.iloc[train]
    return Split(
        train=train,
        validation=validation,
        overlap_patients=len({*patient[train]} & {*patient[validation]} - {""}),
        overlap_images=int(occurs_in(digest.iloc[validation], trained[trained != ""]).sum()),
        calibration=calibration,
    )


def _by_image(rows: pd.DataFrame, label: np.ndarray, config: SplitConfig) -> tuple:
    from sklearn.model_selection import StratifiedKFold, train_test_split

    try:
        if config.fold is None:
            train, validation = train_test_split(
                np.arange(len(rows)),
                test_size=config.validation_fraction,
                stratify=label,
                random_state=config.seed,
            )
        else:
            splitter = StratifiedKFold(config.folds, shuffle=True, random_state=config.seed)
            train, validation = _fold(splitter, config.fold, label)
    except ValueError as error:
        raise UserError(
            f"{len(rows)} images cannot be divided into {len(np.unique(label))} classes with "
            f"{config.validation_fraction:.0%} for validation; take more images or a larger share."
        ) from error
    if missing := _on_one_side(label, train, validation):
        raise _too_few(rows, missing, "images", config)
    return train, validation


def _by_group(rows: pd.DataFrame, label: np.ndarray, config: SplitConfig) -> tuple:
    groups = patient_groups(rows)
    best = set(label)
    try:
        fold_of = stratified_group_folds(label, groups, config.folds, config.seed)
    except ValueError as error:
        raise UserError(
            f"{len(set(groups))} patients are too few for {config.validation_fraction:.0%} "
            "validation with patients kept apart; take more images or a larger share."
        ) from error
    # Without a fold, the first one that leaves every class on both sides.
    for fold in range(config.folds) if config.fold is None else [config.fold]:
        held = fold_of == fold
        train, validation = np.flatnonzero(~held), np.flatnonzero(held)
        missing = _on_one_side(label, train, validation)
        if not missing:
            return train, validation
        best = min(best, missing, key=len)
    raise _too_few(rows, best, "patients", config)


def _fold(splitter, fold: int, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions (training, validation) of one ``fold``."""
    with warnings.catch_warnings():
        # It warns of classes with fewer images than folds; whoever takes a fold checks that.
        warnings.simplefilter("ignore", UserWarning)
        return next(islice(splitter.split(label, label), fold, None))


def _on_one_side(label: np.ndarray, train: np.ndarray, validation: np.ndarray) -> set:
    return set(label) - (set(label[train]) & set(label[validation]))


def _fold_count(validation_fraction: float) -> int:
    return round(1 / validation_fraction)


def _check_sizes(rows: pd.DataFrame, config: SplitConfig) -> None:
    names = rows["label"].unique()
    if len(names) < 2:
        what = f"only class '{names[0]}'" if len(names) else "no class at all"
        raise UserError(
            f"The chosen images have {what}, and a classifier needs two; choose other labels, "
            "another cohort, or add a collection."
        )
    if config.by == "image":
        sizes, unit = rows["label"].value_counts(), "image"
        remedy = "add images of it, or choose other labels"
    else:
        sizes = pd.Series(patient_groups(rows)).groupby(rows["label"].to_numpy()).nunique()
        unit = "patient"
        remedy = "split by image, add images of other patients, or other labels"
    for name, size in sizes.items():
        if size < 2:
            raise UserError(
                f"Class '{name}' has only one {unit}, which cannot stand on both sides; {remedy}."
            )


def _too_few(rows: pd.DataFrame, missing: set, unit: str, config: SplitConfig) -> UserError:
    names = rows.loc[rows["label_index"].isin(missing), "label"].unique()
    where = "" if config.fold is None else f" of fold {config.fold}"
    return UserError(
        f"Class '{names[0]}' has too few {unit} to stand in training and in validation{where}; "
        "take a larger share for validation, another seed, more images, or other labels."
    )
