"""The making of a run's reference: its training images through its network, limits on the others.

Loads Keras. A reference is made when a run is first asked about an image. Reading the images
through a network can take minutes, so it is done in parts of a few seconds, between which the
prediction process serves others; features already read, by the training of a run on a frozen
backbone or by an earlier part, are taken from the store on disk. What is kept stands in
``core.inference.reference``.
"""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from core import runs
from core.data.catalog import limit_rows, load_catalog
from core.data.splits import Split
from core.data.texts import occurs_in
from core.errors import UserError
from core.evaluation.refusal_limits import DISTANCE, FALSE_REFUSALS, check_rate, set_limits
from core.imaging.decode import read_image
from core.imaging.pixel_checks import bounds, oddness
from core.imaging.prepared import Prepared, open_prepared
from core.inference.loaded_models import load_classifier
from core.inference.orientation import fit_orientation, how_turned
from core.inference.reference import (
    IMAGE_COLUMNS,
    Reference,
    is_current,
    of_length_one,
    write_reference,
)
from core.models.head import FEATURES, pool_maps
from core.settings import Settings
from core.training.config import RunConfig, read_config

TURNED = "turned"
# At most so many images on each side: of those read already, and of those still to be read.
STORED_IMAGES, READ_IMAGES = 6000, 800
ORIENTATION_IMAGES = 600
SECONDS_OF_A_PART = 4.0
SEED = 0

Step = tuple[str, int, int]
_readers: WeakKeyDictionary = WeakKeyDictionary()


class NoReference(UserError):
    """The run has no reference and none can be made; predicting goes on without."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"This run cannot tell whether an image is a chest X-ray: {self.reason}"


class _Enough(Exception):
    """The time of a part is over."""


def make_in_parts(
    run: runs.Run, settings: Settings, progress: Callable[[str, int, int], None], ask=None
) -> None:
    """Make the run's reference unless it is there; ``ask`` calls each part (default: right here).

    Raises NoReference when the run's images are gone, and UserError when its network is, which
    could not answer either.
    """
    call = ask or (lambda function, *arguments: function(*arguments))
    while not is_current(run) and (step := call(make_part, run, settings)):
        progress(*step)


def make_part(run: runs.Run, settings: Settings) -> Step | None:
    """Work on the reference for SECONDS_OF_A_PART; what was done, of how many, or None at the end.

    Raises as ``make_in_parts``.
    """
    if is_current(run):
        return None  # made for somebody else, while this part waited for its turn
    model = load_classifier(run)
    try:
        return _make_part(run, model, settings)
    except UserError as error:
        raise NoReference(str(error)) from error


def allowed_oddness() -> dict[str, float]:
    """What every check but the distance allows in any run."""
    # A film that is more likely turned than not may be refused whatever the rate.
    return bounds() | {TURNED: 0.0}


def pooled_features(model, pixels: np.ndarray) -> np.ndarray:
    """Features (n, c) float32 of images (n, size, size) uint8: the mean of each last map."""
    return np.asarray(_reader(model).predict_on_batch(pixels[..., np.newaxis]))


def _make_part(run: runs.Run, model, settings: Settings) -> Step | None:
    # Loads Keras, which the server must not do.
    from core.training.features import extract_features, open_store
    from core.training.precision import computing_in
    from core.training.run_data import RunData

    until = time.monotonic() + SECONDS_OF_A_PART
    config = read_config(run.config)
    pooled = config.model_copy(
        update={"views": 1, "head": config.head.model_copy(update={"pooling": "avg"})}
    )
    reader = _reader(model)
    rows, step = _rows(run, settings), [""]

    def progress(what: str, done: int, total: int) -> None:
        step[:] = what, len(rows) - (total - done), len(rows)
        if done and time.monotonic() > until:
            raise _Enough

    weights = _weights(run, config, settings)
    with computing_in(config.precision):
        store = open_store(reader, pooled, settings, weights=weights)
        unread = len(store.missing(rows["sha256"])) > 2 * READ_IMAGES
        rows = _sample(rows, READ_IMAGES if unread else STORED_IMAGES)
        try:
            pixels = open_prepared(rows, config.preprocess, config.size, settings, progress)
            nobody = np.array([], np.int64)
            data = RunData(rows, Split(nobody, nobody, 0, 0), pixels)
            read = extract_features(reader, pooled, data, settings, progress, weights=weights)
        except _Enough:
            return tuple(step)
        features = np.concatenate(list(read.parts(np.arange(len(rows)))))
    write_reference(run, _reference(rows, features, pixels, settings))
    if weights:
        # Nobody else will ever ask for them.
        shutil.rmtree(store.folder, ignore_errors=True)
    return None


def _reader(model):
    if model not in _readers:
        import keras

        # Every position of every map would be too much to keep of a thousand images.
        maps = model.get_layer(FEATURES).input
        _readers[model] = keras.Model(model.input, pool_maps(maps, "avg"))
    return _readers[model]


def _weights(run: runs.Run, config: RunConfig, settings: Settings) -> str:
    """A name of the run's own weights; empty for a backbone left as it was."""
    from core.models.weights import weights_fingerprint

    own = f"{run.id} {run.model_path.stat().st_mtime_ns}"
    if config.epochs:
        return own
    try:
        weights_fingerprint(config.backbone, config.weights, settings)
    except UserError:
        return own
    return ""


def _rows(run: runs.Run, settings: Settings) -> pd.DataFrame:
    """The run's images that are in the catalog, by content: IMAGE_COLUMNS and side."""
    try:
        table = pd.read_csv(run.folder / "images.csv", dtype=str, keep_default_na=False)
        table = table[[name for name in IMAGE_COLUMNS if name != "path"] + ["side"]]
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"images.csv of {run.id} is missing or damaged; train the run again."
        ) from error
    catalog = load_catalog(settings)
    paths = catalog[catalog["sha256"] != ""].drop_duplicates("sha256").set_index("sha256")["path"]
    # Of copies the training image counts: "training" sorts before "validation".
    table = table.sort_values("side", kind="stable").drop_duplicates("sha256")
    found = table[occurs_in(table["sha256"], paths.index.to_series())].reset_index(drop=True)
    if len(found) < 0.9 * len(table) or found["side"].nunique() < 2:
        raise UserError(
            f"only {len(found):,} of its {len(table):,} images are still there; restore them "
            "(CHESTBENCH_DATA)."
        )
    return found.assign(path=found["sha256"].map(paths))


def _sample(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    sides = [limit_rows(side, most, SEED) for _, side in rows.groupby("side")]
    return pd.concat(sides, ignore_index=True)


def _reference(
    rows: pd.DataFrame, features: np.ndarray, pixels: Prepared, settings: Settings
) -> Reference:
    learnt = (rows["side"] == "training").to_numpy()
    some = np.random.default_rng(SEED).permutation(np.flatnonzero(learnt))[:ORIENTATION_IMAGES]
    reference = Reference(
        of_length_one(features[learnt]),
        np.array([]),
        rows.loc[learnt, IMAGE_COLUMNS].reset_index(drop=True),
        rows.loc[~learnt, IMAGE_COLUMNS].reset_index(drop=True),
        fit_orientation(pixels.take(some)),
        {},
        {},
    )
    spacing = _spacing(reference)
    reference = replace(reference, spacing=spacing)
    others = pixels.take(np.flatnonzero(~learnt))
    table = _oddness(reference, features[~learnt], others, settings)
    rate = check_rate(table, allowed_oddness(), reference.checked, seed=SEED)
    return replace(
        reference,
        checked=pd.concat([reference.checked, table], axis=1),
        limits=set_limits(table, allowed_oddness(), reference.checked["source"]),
        false_refusals={"wanted": FALSE_REFUSALS, **rate},
    )


def _spacing(reference: Reference) -> np.ndarray:
    distances, _ = reference.nearest_strangers(reference.features, reference.images["patient"])
    spacing = distances.mean(axis=1)
    # Copies of one picture under many names lie on top of each other.
    return np.maximum(spacing, 0.1 * np.median(spacing) + 1e-6)


def _oddness(
    reference: Reference, features: np.ndarray, pixels: np.ndarray, settings: Settings
) -> pd.DataFrame:
    """How odd each image of ``reference.checked`` is, one column a check of allowed_oddness."""

    def measured(path: str) -> dict[str, float]:
        return oddness(Path(path), read_image(Path(path), settings.max_pixels))

    rows = reference.checked
    with ThreadPoolExecutor(settings.threads) as pool:
        table = pd.DataFrame(list(pool.map(measured, rows["path"])))
    distance = reference.relative_distance(*reference.nearest_strangers(features, rows["patient"]))
    return table.assign(
        **{TURNED: how_turned(reference.orientation, pixels)[0], DISTANCE: distance}
    )
