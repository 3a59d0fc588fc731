"""How a row of the table of backbones becomes a flat graph from raw pixels to feature maps.

Holds the scaling of pixels and the building, with random weights. The table stands in
``backbones``, loading weights in ``weights``.
"""

import importlib
import re

from core.models.backbones import Backbone
from core.models.retracing import without_retracing_warnings

# keras is imported inside the functions: worker and server read these constants and must stay
# free of TensorFlow.

# Grey values scaled as the backbone's ImageNet weights expect them.
OWN_SCALING = "backbone"

# Keras's applications average their batch statistics over 100 to 1000 steps (momentum 0.99 and
# 0.999; see ``build_backbone``); 0.9 averages over about ten.
BATCH_NORM_MOMENTUM = 0.9

# Channels stand as the backbones were trained on them, blue first where "caffe" is meant; on three
# equal channels the order changes nothing but which of the three numbers each one meets.
_CAFFE_MEAN = (103.939, 116.779, 123.68)
_TORCH_MEAN = (0.485, 0.456, 0.406)
_TORCH_DEVIATION = (0.229, 0.224, 0.225)

# What stands between grey levels 0 to 255 and the first convolution: a Keras layer that is not a
# Lambda, and its arguments. The numbers are those of keras.applications.imagenet_utils.
SCALINGS: dict[str, tuple[str, dict]] = {
    "caffe": ("Normalization", {"mean": list(_CAFFE_MEAN), "variance": [1.0, 1.0, 1.0]}),
    "torch": (
        "Normalization",
        {
            "mean": [255 * mean for mean in _TORCH_MEAN],
            "variance": [(255 * deviation) ** 2 for deviation in _TORCH_DEVIATION],
        },
    ),
    "tf": ("Rescaling", {"scale": 1 / 127.5, "offset": -1.0}),
    "unit": ("Rescaling", {"scale": 1 / 255}),
    "none": ("Rescaling", {"scale": 1.0}),
}


def scaled_pixels(row: Backbone, size: int, scaling: str = OWN_SCALING):
    """Input and scaling of ``row``: two Keras tensors, uint8 (n, size, size, 1) and what it eats.

    The second is floating point (n, size, size, channels): with OWN_SCALING as the preprocess_input
    of the row's Keras application would make it from the grey image repeated, else by the row of
    SCALINGS that ``scaling`` names.
    """
    import keras

    pixels = keras.Input((size, size, 1), dtype="uint8", name="pixels")
    grey = pixels
    if row.channels > 1:
        grey = keras.layers.Concatenate(name="repeat_grey")([pixels] * row.channels)
    layer, arguments = SCALINGS[row.scaling if scaling == OWN_SCALING else scaling]
    return pixels, getattr(keras.layers, layer)(name="scale_pixels", **arguments)(grey)


def apply_builder(row: Backbone, tensor):
    """The application of ``row``, randomly initialised and without a top, on a Keras tensor."""
    module, _, function = (row.builder or f"keras.applications.{row.name}").rpartition(".")
    builder = getattr(importlib.import_module(module), function)
    return builder(include_top=False, weights=None, input_tensor=tensor)


def build_backbone(row: Backbone, size: int, scaling: str = OWN_SCALING):
    """A flat keras.Model from "pixels", uint8 (n, size, size, 1), to feature maps (n, h, w, c).

    Every batch normalisation gets a momentum of BATCH_NORM_MOMENTUM. Keras's applications leave it
    at 0.99 (MobileNetV2 and NASNet: 0.999), which suits a million steps of ImageNet: after the few
    hundred steps of a run here the moving statistics would still be mostly their start values, and
    a network that has learnt would evaluate at chance. The momentum is part of each layer's
    configuration and so travels in ``model.keras``.

    Layers that Keras numbers on its own (conv2d_94, because 94 came before in this process) are
    numbered from the start in each model, as in a fresh process.
    """
    import keras

    without_retracing_warnings()
    pixels, scaled = scaled_pixels(row, size, scaling)
    maps = apply_builder(row, scaled).output
    model = keras.Model(pixels, maps)
    counts: dict[str, int] = {}
    for layer in model.layers:
        kind = _automatic_name(type(layer).__name__)
        if re.fullmatch(rf"{kind}(_\d+)?", layer.name):
            count = counts.get(kind, 0)
            counts[kind] = count + 1
            layer.name = f"{kind}_{count}" if count else kind
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = BATCH_NORM_MOMENTUM
    return keras.Model(pixels, maps, name=row.name.lower())


def _automatic_name(class_name: str) -> str:
    # Keras's own rule: BatchNormalization becomes batch_normalization, Conv2D becomes conv2d.
    spaced = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()
