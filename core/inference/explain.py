"""Where in an image a classifier looks: one map of any method in the table, and Grad-CAM itself.

Holds what every map has in common (``explain``) and Grad-CAM by tf-explain; the other methods
stand in ``core.inference.occlusion`` and ``core.inference.pixel_gradients``, the table of all in
``core.inference.methods``. How a map is drawn stands in ``core.inference.overlay``.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import cv2
import keras
import numpy as np
import tensorflow as tf
from tf_explain.core.grad_cam import GradCAM

from core.errors import UserError
from core.inference.methods import GRADCAM, get_method
from core.inference.network_parts import NetworkParts, network_parts


@dataclass(frozen=True)
class Explanation:
    """A heat map, float32 (size, size) from 0 to 1, the layer it comes from, and a note.

    ``layer`` is empty for a method that asks no single layer. ``note`` is empty, or one sentence
    saying why the map is all zero.
    """

    heat: np.ndarray
    layer: str
    note: str = ""


def explain(
    method: str, model: keras.Model, pixels: np.ndarray, class_index: int, layer: str
) -> Explanation:
    """The map of one image for one class, by a key of EXPLANATIONS.

    ``pixels`` is the model input as uint8 (size, size); ``layer`` the one Grad-CAM asks, where the
    network is cut. All methods take the class's score before the softmax: a probability that
    rounds to 1 has no gradient left. The map is stretched to 0..1. Raises UserError when the
    method is unknown, the model has no such layer or class, or Keras does not run on TensorFlow.
    """
    return explain_shuffled(method, model, pixels, class_index, layer, ())[0]


def explain_shuffled(
    method: str,
    model: keras.Model,
    pixels: np.ndarray,
    class_index: int,
    layer: str,
    seeds: Sequence[int],
) -> list[Explanation]:
    """As ``explain``, and after it the same map with the head shuffled by each of ``seeds``."""
    row = get_method(method)
    if keras.backend.backend() != "tensorflow":
        raise UserError(
            "Explaining needs Keras to run on TensorFlow; unset KERAS_BACKEND and start again."
        )
    parts = network_parts(model, layer)
    classes = model.output.shape[-1]
    if not 0 <= class_index < classes:
        raise UserError(f"Class {class_index} is not one of this model's {classes} classes.")
    tails = [parts.tail, *(parts.shuffled_tail(seed) for seed in seeds)]
    module, _, function = row.function.rpartition(".")
    heats = getattr(importlib.import_module(module), function)(parts, pixels, class_index, tails)
    asked = layer if method == GRADCAM else ""
    return [_stretch(heat, pixels.shape, asked, row.note) for heat in heats]


def gradcam_heats(
    network: NetworkParts, pixels: np.ndarray, class_index: int, tails: Sequence[keras.Model]
) -> list[np.ndarray]:
    """Grad-CAM by tf-explain (Selvaraju et al. 2017, section 3): per tail float32 (h, w), >= 0.

    As published, gradients of both signs count and the sum is cut at zero; tf-explain's own
    default, guided gradients, put less of the heat on the object in our trials. The gradient needs
    the tail alone, so the image passes the network once.
    """
    maps = network.compiled_maps(np.asarray(pixels, np.float32)[np.newaxis, ..., np.newaxis])
    heats = []
    for tail in tails:
        # tf-explain asks a model for these three things. It wraps ``inputs`` in a list again, so
        # that a real model's own list makes Keras warn of an unexpected structure at every call.
        asked = SimpleNamespace(
            inputs=tail.input,
            output=tail.output,
            get_layer=lambda name, tail=tail: SimpleNamespace(output=tail.input),
        )
        outputs, gradients = GradCAM.get_gradients_and_filters(
            asked, maps, network.layer, class_index, use_guided_grads=False
        )
        # Half precision, where a model was trained in it, is too coarse for a sum over channels.
        heat = GradCAM.generate_ponderated_output(
            tf.cast(outputs, tf.float32), tf.cast(gradients, tf.float32)
        )[0].numpy()
        heats.append(np.maximum(heat, 0))
    return heats


def _stretch(heat: np.ndarray, shape: tuple[int, ...], layer: str, note: str) -> Explanation:
    lowest, highest = float(heat.min()), float(heat.max())
    # A constant map points nowhere; stretching it would blow rounding errors up to a picture.
    if not np.isfinite(highest) or highest - lowest <= 1e-6 * max(abs(highest), 1e-12):
        return Explanation(np.zeros(shape, np.float32), layer, note)
    heat = cv2.resize(heat, shape[::-1], interpolation=cv2.INTER_LINEAR)
    heat = (heat - heat.min()) / (heat.max() - heat.min())
    return Explanation(heat.astype(np.float32), layer)
