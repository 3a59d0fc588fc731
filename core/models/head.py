"""The head: from a backbone's feature maps to class probabilities, and its settings.

Holds the layers after the backbone and the standardisation of what they take. How a head is
trained stands in ``core.training``.
"""

from collections.abc import Iterable
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

# keras is imported inside the functions: run settings contain a HeadConfig, pages read them, and
# the server process must stay free of TensorFlow.

FEATURES = "features"
STANDARDISE = "head_standardise"
LOGITS = "head_logits"
PROBABILITIES = "probabilities"

# Below this share of the features' mean variance a feature's own variance is not trusted.
SMALLEST_VARIANCE = 1e-3


class HeadConfig(BaseModel):
    """Settings of the head; immutable, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pooling: Literal["flatten", "avg"] = Field(
        "avg",
        description="What is kept of the network's last maps: flatten keeps every position (the "
        "published study), avg the mean of each map.",
    )
    units: int = Field(
        256, ge=0, le=4096, description="Width of the dense ReLU layer; 0 leaves it out."
    )
    dropout: float = Field(
        0.5,
        ge=0,
        le=0.9,
        description="Share of the dense layer's outputs left out at random while training.",
    )
    l2: float = Field(
        1e-4,
        ge=0,
        le=1,
        description="How much large dense weights cost in the loss, so that they stay small.",
    )
    standardise: bool = Field(
        True, description="Centre and scale each feature by its values on the training images."
    )


def pool_maps(maps, pooling: str):
    """End a backbone: Keras tensor (n, h, w, c) to the layer "features", (n, c) or (n, h * w * c).

    ``pooling`` is "avg" or "flatten", as in HeadConfig.
    """
    import keras

    layers = {"flatten": keras.layers.Flatten, "avg": keras.layers.GlobalAveragePooling2D}
    # Features are float32 in every precision: so they are stored, and so the head takes them.
    return layers[pooling](name=FEATURES, dtype="float32")(maps)


def attach_head(features, class_count: int, config: HeadConfig):
    """Put a head on Keras tensor ``features`` (n, f); gives probabilities (n, class_count).

    It computes in float32 even under mixed precision: probabilities near 0 and 1 need its range,
    and the head trains the same on stored features. The softmax is a layer of its own, so that an
    explanation can look at the scores before it.
    """
    import keras

    x = features
    if config.standardise:
        x = keras.layers.Normalization(name=STANDARDISE, dtype="float32")(x)
    penalty = {"kernel_regularizer": keras.regularizers.L2(config.l2)} if config.l2 else {}
    if config.units:
        x = keras.layers.Dense(
            config.units, activation="relu", name="head_dense", dtype="float32", **penalty
        )(x)
    if config.dropout:
        x = keras.layers.Dropout(config.dropout, name="head_dropout", dtype="float32")(x)
    x = keras.layers.Dense(class_count, name=LOGITS, dtype="float32", **penalty)(x)
    return keras.layers.Activation("softmax", name=PROBABILITIES, dtype="float32")(x)


def standardise_features(model, batches: Iterable[np.ndarray]) -> None:
    """Show the training features to the layer that centres and scales them; no-op without one.

    ``batches`` yields floating-point arrays (n, features), each read once. Until this is called
    the layer passes features through unchanged. A feature that hardly varies over the training
    images is divided by a floor instead of its own deviation: one image that differs would
    otherwise outweigh all other features. Call it before the model is compiled or predicts:
    Keras takes the numbers into its compiled functions as constants.
    """
    names = [layer.name for layer in model.layers]
    if STANDARDISE not in names:
        return
    count, total, squares = 0, 0.0, 0.0
    shift = None
    for batch in batches:
        batch = np.asarray(batch, dtype=np.float64)
        # Sums of squares around a first guess of the mean lose no digits where it is large.
        shift = batch.mean(axis=0) if shift is None else shift
        count += len(batch)
        total = total + (batch - shift).sum(axis=0)
        squares = squares + np.square(batch - shift).sum(axis=0)
    mean = total / count
    variance = np.maximum(squares / count - mean**2, 0.0)
    floor = SMALLEST_VARIANCE * variance.mean()
    variance = np.maximum(variance, floor) if floor > 0 else np.ones_like(variance)
    layer = model.get_layer(STANDARDISE)
    layer.set_weights([mean + shift, variance, np.array(0)])
    layer.finalize_state()
