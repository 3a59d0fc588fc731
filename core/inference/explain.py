"""Where in an image a classifier looks: Grad-CAM by tf-explain.

The one module that imports tensorflow. Holds the heat map; which layer to ask stands in the table
of ``core.models.backbones``, how a map is drawn in ``core.inference.overlay``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import cv2
import keras
import numpy as np
import tensorflow as tf
from tf_explain.core.grad_cam import GradCAM

from core.errors import UserError
from core.models.head import LOGITS


@dataclass(frozen=True)
class Explanation:
    """A heat map, float32 (size, size) from 0 to 1, the layer it comes from, and a note.

    ``note`` is empty, or one sentence saying why the map is all zero.
    """

    heat: np.ndarray
    layer: str
    note: str = ""


def gradcam(model: keras.Model, pixels: np.ndarray, class_index: int, layer: str) -> Explanation:
    """Grad-CAM of one image for one class, computed by tf-explain.

    ``pixels`` is the model input as uint8 (size, size). The gradient is taken of the class's
    score before the softmax, as the method is published (Selvaraju et al. 2017, section 3): a
    probability that rounds to 1 has no gradient left. Also as published, gradients of both signs
    count and the sum is cut at zero; tf-explain's own default, guided gradients, put less of the
    heat on the object in our trials. The map is resized bilinearly to the image and stretched to
    0..1, as tf-explain draws it. Raises UserError when the model has no such
    layer or class, or when Keras does not run on TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise UserError(
            "Grad-CAM needs Keras to run on TensorFlow; unset KERAS_BACKEND and start again."
        )
    names = [each.name for each in model.layers]
    if layer not in names or LOGITS not in names:
        raise UserError(
            f"The model has no layer '{layer}' followed by a head of ChestBench; it cannot be "
            "explained by Grad-CAM."
        )
    classes = model.output.shape[-1]
    if not 0 <= class_index < classes:
        raise UserError(f"Class {class_index} is not one of this model's {classes} classes.")
    images = np.asarray(pixels, np.float32)[np.newaxis, ..., np.newaxis]
    maps, gradients = _maps_and_gradients(model, layer)(images, np.int32(class_index))
    # Half precision, where a model was trained in it, is too coarse for a sum over many channels.
    heat = GradCAM.generate_ponderated_output(
        tf.cast(maps, tf.float32), tf.cast(gradients, tf.float32)
    )[0].numpy()
    return _stretch(np.maximum(heat, 0), pixels.shape, layer)


def _maps_and_gradients(model: keras.Model, layer: str) -> Callable:
    """tf-explain's own computation for this model and layer, compiled once and kept with the model.

    Layer by layer, as TensorFlow runs what is not compiled, it takes seven times as long.
    """
    # Kept on the model and nowhere else, so that it goes when the model goes.
    kept = model.__dict__.setdefault("_compiled_gradcam", {})
    if layer not in kept:
        # tf-explain asks a model for these three things. It wraps ``inputs`` in a list again, so
        # that a real model's own list makes Keras warn of an unexpected structure.
        asked = SimpleNamespace(
            inputs=model.input, output=model.get_layer(LOGITS).output, get_layer=model.get_layer
        )

        def compute(images: tf.Tensor, class_index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return GradCAM.get_gradients_and_filters(asked, images, layer, class_index, False)

        takes = tf.TensorSpec((1, *model.input.shape[1:]), tf.float32), tf.TensorSpec((), tf.int32)
        kept[layer] = tf.function(compute, input_signature=takes)
    return kept[layer]


def _stretch(heat: np.ndarray, shape: tuple[int, ...], layer: str) -> Explanation:
    lowest, highest = float(heat.min()), float(heat.max())
    # A constant map points nowhere; stretching it would blow rounding errors up to a picture.
    if not np.isfinite(highest) or highest - lowest <= 1e-6 * max(abs(highest), 1e-12):
        note = f"The maps of layer '{layer}' say nothing for this class, so the heat map is empty."
        return Explanation(np.zeros(shape, np.float32), layer, note)
    heat = cv2.resize(heat, shape[::-1], interpolation=cv2.INTER_LINEAR)
    heat = (heat - heat.min()) / (heat.max() - heat.min())
    return Explanation(heat.astype(np.float32), layer)
