"""Where a backbone's initial weights lie, how they get there, and how they get into it.

Holds the search through folders, the download through Keras, and loading that is whole or not at
all. The addresses stand in the table of ``backbones``.
"""

import contextlib
import hashlib
import os
import socket
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

from core.errors import UserError
from core.models.backbone_graph import apply_builder
from core.models.backbones import Backbone, get_backbone
from core.models.head import FEATURES
from core.settings import Settings

# keras is imported inside the functions: looking for a file needs none of it.

NONE, IMAGENET = "none", "imagenet"
SUFFIXES = (".h5", ".hdf5", ".keras")
NETWORK_TIMEOUT = 20  # seconds without an answer; Keras's downloader itself would wait forever


def imagenet_file(row: Backbone) -> str:
    """Name under which the ImageNet weights of ``row`` are looked for in our own folders."""
    return f"{row.name.lower()}_imagenet_notop.weights.h5"


def find_weights(backbone: str, weights: str, settings: Settings) -> Path | None:
    """Find the file that ``weights`` means for ``backbone``; None for "none".

    "imagenet" looks in the folder that CHESTBENCH_WEIGHTS names, then in ``weights`` below the
    artifacts, for ``<backbone in lower case>_imagenet_notop.weights.h5`` or the name Keras gives
    the file, and else lets Keras download it into its own cache. Anything else is a path to a
    ``.weights.h5``, ``.h5`` or ``.keras`` file. Raises UserError when the file is missing or of
    another kind, when the backbone has no ImageNet weights, and when the download fails.
    """
    row = get_backbone(backbone)
    if weights == NONE:
        return None
    if weights == IMAGENET:
        if not row.weights_url:
            raise UserError(
                f"{row.name} has no ImageNet weights; set weights to '{NONE}' and train it whole."
            )
        # Keras looks into its cache itself, and checks there that the file is whole.
        return _own_file(row, settings) or _download(row, settings)
    path = Path(weights).expanduser()
    if not path.is_file():
        raise UserError(
            f"The weights file {path} is not there; set weights to '{IMAGENET}', '{NONE}' or the "
            "path of a file."
        )
    if path.suffix not in SUFFIXES:
        raise UserError(
            f"{path} is not a weights file; it should end in .weights.h5, .h5 or .keras."
        )
    return path


def local_imagenet(row: Backbone, settings: Settings) -> Path | None:
    """The ImageNet weights of ``row`` on this computer, in our folders or Keras's cache, or None.

    Looks at file names alone; loads neither Keras nor the file.
    """
    if not row.weights_url:
        return None
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    cached = home / "models" / _keras_name(row)
    return _own_file(row, settings) or (cached if cached.is_file() else None)


def weights_fingerprint(backbone: str, weights: str, settings: Settings) -> str:
    """A short text that differs when the weights found differ in content; for cache keys.

    The SHA-256 of the file, shortened to 16 characters, or "none". Random weights also depend on
    the seed: whoever caches what they compute adds it. Raises UserError as find_weights.
    """
    path = find_weights(backbone, weights, settings)
    if path is None:
        return NONE
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def load_backbone_weights(model, row: Backbone, path: Path) -> None:
    """Load the file ``path`` into ``model``, a keras.Model of the backbone ``row`` without a head.

    From a ``.keras`` file with a whole classifier, the backbone is taken and the head left.
    ``model`` is unchanged unless every weight fits. Raises UserError when the file cannot be read
    or was made for another backbone.
    """
    values = _read_classifier(path) if path.suffix == ".keras" else _read_h5(row, path)
    if [value.shape for value in values] != [tuple(weight.shape) for weight in model.weights]:
        raise _misfit(row, path)
    model.set_weights(values)


def _own_file(row: Backbone, settings: Settings) -> Path | None:
    folders = [f for f in (settings.weights, settings.artifacts / "weights") if f is not None]
    names = (imagenet_file(row), _keras_name(row))
    paths = (folder / name for folder in folders for name in names)
    return next((path for path in paths if path.is_file()), None)


def _keras_name(row: Backbone) -> str:
    return row.weights_url.rpartition("/")[2]


def _download(row: Backbone, settings: Settings) -> Path:
    import keras

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(NETWORK_TIMEOUT)
    try:
        # Keras prints its progress bar; standard output belongs to our own answers.
        with contextlib.redirect_stdout(sys.stderr):
            return Path(
                keras.utils.get_file(
                    origin=row.weights_url,
                    cache_subdir="models",
                    file_hash=row.weights_md5 or None,
                    # Keras reads this variable once, on import; a later change counts here too.
                    cache_dir=os.environ.get("KERAS_HOME"),
                )
            )
    # Keras raises a plain Exception when an address cannot be fetched.
    except Exception as error:
        own = "" if settings.weights is None else f"{settings.weights} or "
        raise UserError(
            f"The ImageNet weights of {row.name} could not be downloaded; fetch {row.weights_url} "
            f"on a computer with a network and save it as {imagenet_file(row)} in "
            f"{own}{settings.artifacts / 'weights'} (or in a folder that CHESTBENCH_WEIGHTS "
            f"names), or set weights to '{NONE}'."
        ) from error
    finally:
        socket.setdefaulttimeout(before)


def _read_h5(row: Backbone, path: Path) -> list:
    """All weights of an HDF5 file in the order of the backbone's own; UserError if they misfit."""
    import keras

    # Into a model of its own, as the application is built on three plain channels: what Keras has
    # loaded before it meets a misfit never reaches the classifier.
    size = row.input_size
    plain = apply_builder(row, keras.Input((size, size, row.channels)))
    try:
        # Of a file that misfits Keras warns once per layer; our one sentence says it all.
        with _named_by_content(path) as named, warnings.catch_warnings(action="ignore"):
            plain.load_weights(named)
    except OSError as error:
        raise UserError(
            f"The weights file {path} cannot be read; it is damaged or not HDF5, so fetch it again."
        ) from error
    except (ValueError, KeyError, AttributeError) as error:
        raise _misfit(row, path) from error
    return plain.get_weights()


@contextlib.contextmanager
def _named_by_content(path: Path) -> Iterator[Path]:
    # Keras chooses between its two HDF5 layouts by the file's name, but people rename: the file
    # Keras itself downloads is in the old layout whatever it is called.
    import h5py

    with h5py.File(path) as file:
        old = "layer_names" in file.attrs or "model_weights" in file
    with tempfile.TemporaryDirectory() as folder:
        named = Path(folder) / ("old.h5" if old else "new.weights.h5")
        named.symlink_to(path.resolve())
        yield named


def _read_classifier(path: Path) -> list:
    import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    # Keras raises many kinds for a zip or a graph that it cannot read.
    except Exception as error:
        raise UserError(
            f"The weights file {path} cannot be read as a Keras model; choose another."
        ) from error
    names = [layer.name for layer in model.layers]
    if FEATURES in names:
        model = keras.Model(model.input, model.get_layer(FEATURES).output)
    return model.get_weights()


def _misfit(row: Backbone, path: Path) -> UserError:
    return UserError(
        f"The weights file {path} was not made for {row.name}; choose the backbone it belongs to "
        "or another file."
    )
