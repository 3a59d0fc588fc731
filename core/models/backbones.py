"""The table of backbones: what distinguishes one from another.

Holds for each its size, its scaling of pixels, where its weights come from and which layer Grad-CAM
looks at. Another network of ``keras.applications`` is one more row. How a row becomes a graph
stands in ``backbone_graph``, loading weights in ``weights``, what follows the feature maps in
``head``.
"""

from dataclasses import dataclass

from core.errors import UserError

KERAS_WEIGHTS = "https://storage.googleapis.com/tensorflow/keras-applications"


@dataclass(frozen=True)
class Backbone:
    """One row: what a backbone is called, what it takes, and where its parts are found.

    ``input_size`` and ``min_size`` are pixels along one side; ``channels`` is what the first
    convolution takes (a grey image is repeated); ``scaling`` is a key of SCALINGS in
    ``backbone_graph``; ``gradcam_layer`` names the layer whose maps Grad-CAM weighs;
    ``parameters_millions`` counts the backbone without a head; ``in_paper`` says whether the
    published study has it.
    ``weights_url`` and ``weights_md5`` are Keras's ImageNet file without the top, empty where
    there is none (Keras itself publishes no checksum for MobileNetV2). ``builder`` is the dotted
    name of a function with the signature of a Keras application; empty: the application of the
    row's own name.
    """

    name: str
    title: str
    sentence: str
    year: int
    input_size: int
    min_size: int
    scaling: str
    gradcam_layer: str
    parameters_millions: float
    in_paper: bool = True
    channels: int = 3
    weights_url: str = ""
    weights_md5: str = ""
    builder: str = ""


_ROWS = (
    Backbone(
        name="VGG16",
        title="VGG16",
        sentence="Thirteen plain 3 x 3 convolutions in a row: simple, large feature maps, slow.",
        year=2014,
        input_size=224,
        min_size=32,
        scaling="caffe",
        gradcam_layer="block5_conv3",
        parameters_millions=14.7,
        weights_url=f"{KERAS_WEIGHTS}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        weights_md5="6d6bbae143d832006294945121d1f1fc",
    ),
    Backbone(
        name="VGG19",
        title="VGG19",
        sentence="VGG16 with three more convolutions; the slowest of the seven.",
        year=2014,
        input_size=224,
        min_size=32,
        scaling="caffe",
        gradcam_layer="block5_conv4",
        parameters_millions=20.0,
        weights_url=f"{KERAS_WEIGHTS}/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
        weights_md5="253f8cb515780f3b799900260a226db6",
    ),
    Backbone(
        name="DenseNet201",
        title="DenseNet201",
        sentence="Two hundred layers, each of which sees the outputs of all before it in a block.",
        year=2017,
        input_size=224,
        min_size=32,
        scaling="torch",
        gradcam_layer="relu",
        parameters_millions=18.3,
        weights_url=(
            f"{KERAS_WEIGHTS}/densenet/densenet201_weights_tf_dim_ordering_tf_kernels_notop.h5"
        ),
        weights_md5="c13680b51ded0fb44dff2d8f86ac8bb1",
    ),
    Backbone(
        name="InceptionResNetV2",
        title="Inception-ResNet V2",
        sentence="Inception's parallel filters with ResNet's shortcuts; the largest of the seven.",
        year=2016,
        input_size=299,
        min_size=75,
        scaling="tf",
        gradcam_layer="conv_7b_ac",
        parameters_millions=54.3,
        weights_url=(
            f"{KERAS_WEIGHTS}/inception_resnet_v2/"
            "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5"
        ),
        weights_md5="d19885ff4a710c122648d3b5c3b684e4",
    ),
    Backbone(
        name="InceptionV3",
        title="Inception V3",
        sentence="Filters of several sizes side by side, so that it sees fine and coarse at once.",
        year=2015,
        input_size=299,
        min_size=75,
        scaling="tf",
        gradcam_layer="mixed10",
        parameters_millions=21.8,
        weights_url=(
            f"{KERAS_WEIGHTS}/inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
        ),
        weights_md5="bcbd6486424b2319ff4ef7d526e38f63",
    ),
    Backbone(
        name="ResNet50",
        title="ResNet50",
        sentence="Fifty layers with shortcuts around every three; a good first choice.",
        year=2015,
        input_size=224,
        min_size=32,
        scaling="caffe",
        gradcam_layer="conv5_block3_out",
        parameters_millions=23.6,
        weights_url=f"{KERAS_WEIGHTS}/resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
        weights_md5="4d473c1dd8becc155b73f8504c6f6626",
    ),
    Backbone(
        name="MobileNetV2",
        title="MobileNetV2",
        sentence="Built for telephones: the smallest and fastest of the seven.",
        year=2018,
        input_size=224,
        min_size=32,
        scaling="tf",
        gradcam_layer="out_relu",
        parameters_millions=2.3,
        weights_url=(
            f"{KERAS_WEIGHTS}/mobilenet_v2/"
            "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
        ),
    ),
    Backbone(
        name="TinyCNN",
        title="TinyCNN (for teaching)",
        sentence="Four plain convolutions of our own that learn within a minute on a laptop.",
        year=2025,
        input_size=96,
        min_size=32,
        scaling="unit",
        gradcam_layer="block4_relu",
        parameters_millions=0.1,
        in_paper=False,
        channels=1,
        builder="core.models.tiny_cnn.tiny_cnn",
    ),
)

BACKBONES: dict[str, Backbone] = {row.name: row for row in _ROWS}


def get_backbone(name: str) -> Backbone:
    """The row called ``name``; raises UserError when the table has none."""
    if name not in BACKBONES:
        raise UserError(
            f"backbone is '{name}', which is not known; choose one of {', '.join(BACKBONES)}."
        )
    return BACKBONES[name]


def check_image_size(row: Backbone, image_size: int | None) -> int:
    """The side in pixels that ``row`` shall take, its own where ``image_size`` is None.

    Raises UserError when the size is below what the backbone's own poolings leave something of.
    """
    size = row.input_size if image_size is None else image_size
    if size < row.min_size:
        raise UserError(
            f"image_size is {size}, but {row.name} needs at least {row.min_size}; "
            "set a larger image_size or leave it out."
        )
    return size
