"""TinyCNN: four plain convolution blocks for teaching, with the signature of a Keras application.

Holds the layers alone; its row, with the input size, stands in ``backbones``.
"""

import keras

# Width, kernel size and stride of each block's convolution. The first one looks at wide patches in
# steps of two pixels: at full size it alone would take most of the time.
BLOCKS = ((16, 5, 2), (32, 3, 1), (64, 3, 1), (128, 3, 1))


def tiny_cnn(include_top: bool, weights: None, input_tensor) -> keras.Model:
    """Four times convolution, batch normalisation, ReLU; halves the size after the last three.

    ``input_tensor`` is a floating-point Keras tensor (n, size, size, channels); the output is
    (n, size / 16, size / 16, 128). ``include_top`` and ``weights`` are there because a Keras
    application has them; there is no top, and no weights are published.
    """
    assert not include_top and weights is None
    x = input_tensor
    for number, (width, kernel, stride) in enumerate(BLOCKS, start=1):
        name = f"block{number}"
        # No bias: the batch normalisation that follows would subtract it again.
        x = keras.layers.Conv2D(
            width,
            kernel,
            strides=stride,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_conv",
        )(x)
        x = keras.layers.BatchNormalization(name=f"{name}_norm")(x)
        x = keras.layers.ReLU(name=f"{name}_relu")(x)
        if stride == 1:
            x = keras.layers.MaxPooling2D(name=f"{name}_pool")(x)
    # From wherever the given tensor came, as a Keras application does it.
    return keras.Model(keras.utils.get_source_inputs(input_tensor), x)
