"""A classifier cut in two where its last maps are, so that an explanation can ask either half.

Holds ``NetworkParts``: the trunk, from grey levels to maps, and the tail, from maps to the scores
before the softmax; and tails whose head was shuffled. The halves share the classifier's layers and
never change them. What is asked of them stands in ``core.inference.explain``.
"""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import keras
import numpy as np

from core.errors import UserError
from core.models.head import LOGITS

_SCALED = "scale_pixels"

# Images that pass the network together: more would need gigabytes where gradients are kept.
AT_ONCE = 8

# Cutting adds nodes to the layers of a cached model, so each is cut once. A model that leaves
# the cache takes its parts along.
_cut: WeakKeyDictionary = WeakKeyDictionary()


@dataclass(frozen=True)
class NetworkParts:
    """The halves of a classifier and the layer they meet at.

    A classifier casts its uint8 input to floats inside the graph, and Keras casts whatever else it
    is given to uint8 first: no gradient passes. The trunk therefore begins behind that cast, at the
    layer that scales grey levels; probabilities stay the same.
    """

    layer: str
    scale: keras.layers.Layer
    channels: int
    trunk: keras.Model
    tail: keras.Model

    def maps(self, pixels):
        """Maps of the layer, a tensor (n, h, w, c), of grey levels 0..255, float32 (n, s, s, 1)."""
        grey = keras.ops.repeat(pixels, self.channels, axis=-1)
        return self.trunk(self.scale(grey), training=False)

    def compiled_maps(self, pixels: np.ndarray) -> np.ndarray:
        """As ``maps``, where no gradient is wanted: layer by layer takes seven times as long."""
        grey = np.repeat(pixels, self.channels, axis=-1)
        return np.asarray(self.trunk.predict_on_batch(self.scale(grey)))

    def scores(self, pixels, tail: keras.Model):
        """Scores before the softmax, a tensor (n, k), of grey levels as in ``maps``."""
        return tail(self.maps(pixels), training=False)

    def shuffled_tail(self, seed: int) -> keras.Model:
        """A copy of the tail in which every weight of the head stands at another's place.

        Kernels and biases of the head's dense layers are permuted within themselves, which keeps
        their size and spread and loses what was learnt (the randomisation test of Adebayo et al.
        2018, at the head). The centring of the features is kept.
        """
        rng = np.random.default_rng(seed)
        copy = keras.models.clone_model(self.tail)
        for own, cloned in zip(self.tail.layers, copy.layers, strict=True):
            weights = own.get_weights()
            if isinstance(own, keras.layers.Dense):
                weights = [rng.permutation(values.ravel()).reshape(values.shape)
                           for values in weights]  # fmt: skip
            if weights:
                cloned.set_weights(weights)
            if isinstance(own, keras.layers.Normalization):
                cloned.finalize_state()
        return copy


def network_parts(model: keras.Model, layer: str) -> NetworkParts:
    """The parts of ``model`` cut at ``layer``; raises UserError when it is none of ours."""
    known = _cut.get(model)
    if known is not None and known.layer == layer:
        return known
    names = [each.name for each in model.layers]
    if not {layer, LOGITS, _SCALED} <= {*names}:
        raise UserError(
            f"The model has no layer '{layer}' followed by a head of ChestBench; where it looked "
            "cannot be explained."
        )
    scale, maps = model.get_layer(_SCALED), model.get_layer(layer).output
    parts = NetworkParts(
        layer,
        scale,
        scale.output.shape[-1],
        keras.Model(scale.output, maps),
        keras.Model(maps, model.get_layer(LOGITS).output),
    )
    _cut[model] = parts
    return parts
