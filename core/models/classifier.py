"""The classifier: a backbone and a head as one flat graph, its two parts, and what of it trains.

Holds how the pieces of ``backbones``, ``weights`` and ``head`` become one keras.Model. It is for
worker processes: it imports keras, and with it TensorFlow. Training stands in ``core.training``.
"""

import keras

from core.errors import UserError
from core.models.backbone_graph import OWN_SCALING, build_backbone
from core.models.backbones import check_image_size, get_backbone
from core.models.head import FEATURES, HeadConfig, attach_head, pool_maps
from core.models.weights import find_weights, load_backbone_weights
from core.settings import Settings


def build_feature_reader(
    backbone: str,
    weights: str,
    settings: Settings,
    pooling: str = "avg",
    image_size: int | None = None,
    scaling: str = OWN_SCALING,
    seed: int = 0,
) -> keras.Model:
    """Build a backbone with its weights, from raw grey pixels to features.

    Input "pixels": uint8 (n, size, size, 1), ``size`` being ``image_size`` or the backbone's own.
    Output "features": floating point (n, c) for pooling "avg", (n, h * w * c) for "flatten".

    Seeds Python, NumPy and the Keras backend with ``seed`` for the whole process: Keras's
    applications take no seed of their own for their initial weights. Raises UserError for an
    unknown backbone, an image size below its minimum, and weights that are missing, cannot be
    downloaded, or belong to another backbone.
    """
    row = get_backbone(backbone)
    size = check_image_size(row, image_size)
    path = find_weights(backbone, weights, settings)
    keras.utils.set_random_seed(seed)
    trunk = build_backbone(row, size, scaling)
    if path is not None:
        load_backbone_weights(trunk, row, path)
    return keras.Model(trunk.input, pool_maps(trunk.output, pooling), name=row.name.lower())


def add_head(reader: keras.Model, classes: tuple[str, ...], head: HeadConfig) -> keras.Model:
    """Put a new head on a feature reader, whose layers the classifier then shares.

    Output "probabilities": float32 (n, len(classes)), rows summing to 1. The layer "features" is
    the boundary between backbone and head. The graph is flat and free of Lambda layers, so that
    it loads in safe mode and every layer can be looked up by name. Nothing is frozen yet. Raises
    UserError for fewer than two classes.
    """
    if len(classes) < 2:
        raise UserError(f"A classifier needs at least two classes, not {len(classes)}.")
    probabilities = attach_head(reader.output, len(classes), head)
    return keras.Model(reader.input, probabilities, name=f"{reader.name}_classifier")


def build_classifier(
    backbone: str,
    classes: tuple[str, ...],
    head: HeadConfig,
    weights: str,
    settings: Settings,
    image_size: int | None = None,
    seed: int = 0,
) -> keras.Model:
    """Build a classifier from raw grey pixels, uint8 (n, size, size, 1), to class probabilities.

    ``build_feature_reader`` and ``add_head`` say the rest, errors included.
    """
    reader = build_feature_reader(
        backbone, weights, settings, head.pooling, image_size, OWN_SCALING, seed
    )
    return add_head(reader, classes, head)


def backbone_model(model: keras.Model) -> keras.Model:
    """The part from pixels, uint8 (n, size, size, 1), to features (n, f); same layers, shared."""
    return keras.Model(model.input, model.get_layer(FEATURES).output)


def head_model(model: keras.Model) -> keras.Model:
    """The part from features (n, f) to probabilities (n, classes); same layers, shared."""
    return keras.Model(model.get_layer(FEATURES).output, model.output)


def set_trainable(model: keras.Model, fraction: float, freeze_batch_norm: bool = False) -> None:
    """Let the head and the last ``fraction`` of the backbone train; freeze what comes before.

    ``fraction`` counts the backbone's layers that have weights: 0 is the head alone, 1 is
    everything. A frozen batch normalisation also runs on its stored statistics. Set
    ``freeze_batch_norm`` when starting from ImageNet: the statistics of small batches would undo
    what the pretrained kernels expect. Leave it off for random weights, which need statistics
    of their own. Compile the model afterwards: Keras fixes the trained weights then. Raises
    UserError when ``fraction`` is not between 0 and 1.
    """
    if not 0 <= fraction <= 1:
        raise UserError(f"The trained fraction is {fraction}; set it to a number from 0 to 1.")
    names = [layer.name for layer in model.layers]
    backbone = [layer for layer in model.layers[: names.index(FEATURES)] if layer.weights]
    first = round(len(backbone) * (1 - fraction))
    for position, layer in enumerate(backbone):
        is_batch_norm = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = position >= first and not (is_batch_norm and freeze_batch_norm)
