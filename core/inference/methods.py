"""The table of ways to ask a network where it looked: what each asks, what it costs, who wrote it.

Holds words and the places of the functions, without Keras: pages and the command line read it. A
further method is one more row. The maps are computed in ``core.inference.explain`` and the modules
that the rows name.
"""

from dataclasses import dataclass

from core.errors import UserError

GRADCAM = "gradcam"


@dataclass(frozen=True)
class Method:
    """One row: a method's plain name and exact term, what it asks, its cost and its limits.

    ``function`` is the dotted name of a function (network, pixels, class_index, tails) that gives
    one array of heat per tail; ``shuffles`` says with how many shuffled heads its sanity check is
    made, fewer where a map is dear; with a rank correlation above ``same_above``, 0..1, a map with
    a shuffled head counts as the same map. ``note`` is what an empty map means.
    """

    name: str
    title: str
    plain: str
    question: str
    caution: str
    cost: str
    source: str
    function: str
    shuffles: int
    same_above: float
    note: str


# ``same_above``: a shuffled map so near is as good as one whose head was trained again, on another
# part of the images. On a frozen ResNet50 and real X-rays, medians of such maps, and of maps with
# shuffled heads: Grad-CAM 0.5 to 0.6 and 0.0 to 0.1 (24 and 8 images), occlusion 0.57 and 0.04 (8),
# integrated gradients 0.50 and 0.01 (5), SmoothGrad 0.27 and 0.16, never above 0.23 (5).
_ROWS = (
    Method(
        name=GRADCAM,
        title="Grad-CAM",
        plain="which regions spoke for it",
        question="Which of the network's last maps speak for the class, and where do they light "
        "up? Bright places spoke most for it.",
        caution="Coarse: a few dozen fields blown up to the size of the image.",
        cost="one look at the image",
        source="Selvaraju et al. 2017",
        function="core.inference.explain.gradcam_heats",
        shuffles=5,
        same_above=0.5,
        note="Grad-CAM finds no place that speaks for this class, so the heat map is empty.",
    ),
    Method(
        name="occlusion",
        title="Occlusion sensitivity",
        plain="what it misses when covered",
        question="How much less sure is the network when a small grey square covers a place? "
        "Bright places are missed most.",
        caution="As fine as the square, a twelfth of the width; a grey square is itself something "
        "that the network has never seen.",
        cost="about 150 looks: seconds, half a minute for VGG",
        source="Zeiler & Fergus 2014",
        function="core.inference.occlusion.occlusion_heats",
        shuffles=5,
        same_above=0.5,
        note="Covering any place makes the network surer of this class, or changes nothing, so the "
        "heat map is empty.",
    ),
    Method(
        name="integrated_gradients",
        title="Integrated gradients",
        plain="which pixels add to the score",
        question="How does each pixel add to the class's score while the image rises from black? "
        "Bright pixels added most; in sum they make about the score.",
        caution="Black pixels never count, and single pixels look like noise.",
        cost="32 looks, there and back",
        source="Sundararajan et al. 2017",
        function="core.inference.pixel_gradients.integrated_gradients_heats",
        shuffles=3,
        same_above=0.4,
        note="No pixel adds to the score of this class, so the heat map is empty.",
    ),
    Method(
        name="smoothgrad",
        title="SmoothGrad",
        plain="which pixels it reacts to",
        question="Which pixels move the class's score most, up or down, on average over noisy "
        "copies of the image?",
        caution="It does not tell for from against.",
        cost="24 looks, there and back",
        source="Smilkov et al. 2017",
        function="core.inference.pixel_gradients.smoothgrad_heats",
        shuffles=3,
        same_above=0.25,
        note="No pixel moves the score of this class, so the heat map is empty.",
    ),
)

EXPLANATIONS: dict[str, Method] = {row.name: row for row in _ROWS}


def get_method(name: str) -> Method:
    """The row called ``name``; raises UserError when the table has none."""
    if name not in EXPLANATIONS:
        raise UserError(f"explain: '{name}' is unknown; choose {', '.join(EXPLANATIONS)}.")
    return EXPLANATIONS[name]
