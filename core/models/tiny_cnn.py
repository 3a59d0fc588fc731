"""TinyCNN: four plain convolution blocks for teaching, with the signature of a Keras application.

Holds the layers alone; its row, with the input size, stands in ``backbones``.
"""

import keras

WIDTHS = (16, 32, 64, 128)


def tiny_cnn(include_top: bool, weights: None, input_tensor) -> keras.Model:
    """Four times convolution 3 x 3, batch normalisation, ReLU, and pooling to half the size.

    ``input_tensor`` is a floating-point Keras tensor (n, size, size, channels); the output is
    (n, size / 16, size / 16, 128). ``include_top`` and ``weights`` are there because a Keras
    application has them; there is no top, and no weights are published.
    """
    assert not include_top and weights is None
    x = input_tensor
    for number, width in enumerate(WIDTHS, start=1):
        name = f"block{number}"
        # No bias: the batch normalisation that follows would subtract it again.
        x = keras.layers.Conv2D(
            width,
            3,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_conv",
        )(x)
        x = keras.layers.BatchNormalization(name=f"{name}_norm")(x)
        x = keras.layers.ReLU(name=f"{name}_relu")(x)
        x = keras.layers.MaxPooling2D(name=f"{name}_pool")(x)
    # From wherever the given tensor came, as a Keras application does it.
    return keras.Model(keras.utils.get_source_inputs(input_tensor), x)
