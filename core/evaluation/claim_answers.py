"""What ChestBench can say to items of the CLAIM checklist, one function per item.

Holds sentences made of the facts of a report; "" where they say nothing. The items themselves, and
how an answer is marked, stand in ``core.evaluation.claim``.
"""

from core.data.labels import COHORTS, LABEL_SCHEMES
from core.evaluation.cheat_results import cheat_table
from core.evaluation.provenance import versions
from core.evaluation.report_facts import Facts
from core.words import class_title, finding_title, source_title


def data_sources(facts: Facts) -> str:
    """Item 7: where the images come from."""
    if facts.synthetic:
        return "Synthetic images drawn by ChestBench; no patients."
    sources = sorted({name for t in facts.images.values() for name in t["source"].unique() if name})
    return (
        f"Public collections: {', '.join(map(source_title, sources))} (section Data)."
        if sources
        else ""
    )


def eligibility(facts: Facts) -> str:
    """Item 8: which images could take part."""
    cohorts = [COHORTS[name].sentence for name in _values(facts, "cohort") if name in COHORTS]
    if not cohorts:
        return ""
    # Where and when patients were met, only the collections' own publications tell.
    return (
        f"Of images: {' '.join(cohorts)} Reasons of exclusion stand in section Data. Setting, "
        "places and dates: see the collections' publications."
    )


def preprocessing(facts: Facts) -> str:
    """Item 9: what happens to an image before a network sees it."""
    return (
        "Decoded to grey, normalised, optionally CLAHE, resized: the fields preprocess.* and "
        "image_size of section Recipe."
    )


def subsets(facts: Facts) -> str:
    """Item 10: whether a part of the images was drawn."""
    limits = [value for value in facts.settings_of("limit") if value]
    if limits:
        return f"A part drawn by chance with the run's seed: {_list(limits)} images."
    return "None beyond the cohort: all of its images took part."


def elements(facts: Facts) -> str:
    """Item 11: how findings become classes."""
    said = []
    for name in facts.labels:
        if name in LABEL_SCHEMES:
            scheme = LABEL_SCHEMES[name]
            parts = "; ".join(
                f"{finding_title(finding)} as {class_title(c)}"
                for finding, c in scheme.class_of.items()
            )
            said.append(f"Label scheme {name}: {parts}.")
    return " ".join(said) + (" Common data elements: none referred to." if said else "")


def partitions(facts: Facts) -> str:
    """Item 20: how images were dealt to training and validation."""
    by = _list(_values(facts, "split.by"))
    fractions = [v for v in _values(facts, "split.validation_fraction") if isinstance(v, float)]
    folds = any(value is not None for value in facts.settings_of("split.fold"))
    share = (
        "folds of a cross-validation"
        if folds
        else f"{_list([f'{100 * value:g} %' for value in fractions])} for validation"
        if fractions
        else "shares not known"
    )
    seeds = _list(_values(facts, "split.seed"))
    return (
        f"At random within each class, by {by}; {share}; split seeds {seeds}. Two partitions, "
        "training and validation; no separate test set."
    )


def disjoint(facts: Facts) -> str:
    """Item 21: on which level the two sides share nothing."""
    shared = facts.scores["overlap_patients"].dropna()
    if shared.empty:
        return ""
    levels = {"patient": "patient", "image": "image (patients can stand on both sides)"}
    by = [levels.get(value, str(value)) for value in _values(facts, "split.by")]
    most = int(shared.max())
    return f"At the level of the {_list(by)}. Patients on both sides: {most:,} at most."


def model(facts: Facts) -> str:
    """Item 22: what the model is made of."""
    backbones = _list(_values(facts, "backbone"))
    return (
        f"{backbones} without its classifier, then pooling and the head of the fields head.*, with "
        "one softmax output per class. The whole graph is in each model.keras; its SHA-256 stands "
        "in section Versions and files."
    )


def software(facts: Facts) -> str:
    """Item 23: the software of this installation."""
    return ", ".join(f"{name} {number}" for name, number in list(versions().items())[:8]) + "."


def initialisation(facts: Facts) -> str:
    """Item 24: the weights that training began with."""
    words = {"imagenet": "ImageNet weights (transfer learning)", "none": "random weights"}
    found = [words.get(value, "weights from a file") for value in _values(facts, "weights")]
    return f"Backbone: {_list(found)}. Head: random, by the run's seed." if found else ""


def training(facts: Facts) -> str:
    """Item 25: where the settings stand, and how many models there are."""
    return (
        f"Every setting stands in section Recipe, augmentation and schedule among them. "
        f"{len(facts.scored)} models are reported of {len(facts.runs)} asked for."
    )


def selection(facts: Facts) -> str:
    """Item 26: which weights were kept."""
    words = {
        "last": "the last epoch's weights",
        "best": "the epoch with the lowest validation loss",
    }
    kept = [words[value] for value in _values(facts, "keep") if value in words]
    if not kept:
        return ""
    return f"Within a run: {_list(kept)}. Between runs: none is chosen here."


def metrics(facts: Facts) -> str:
    """Item 28: the measures that are computed."""
    return (
        "Accuracy, balanced accuracy, and per class sensitivity, specificity, precision and F1, "
        "with their plain means. Why these: for the author."
    )


def uncertainty(facts: Facts) -> str:
    """Item 29: how intervals and tests are made."""
    pairs = " Pairs: McNemar's test with Holm's correction and a paired bootstrap."
    return (
        "95 % intervals: Wilson for proportions, bootstrap within each class, by patient where "
        f"patients repeat, for means.{pairs if len(facts.pairs) else ''}"
    )


def robustness(facts: Facts) -> str:
    """Item 30: what was varied or taken away."""
    said = []
    if len(facts.baselines):
        said.append("trivial baselines on the same images")
    if len(cheat_table(facts.scored, "balanced_accuracy")):
        said.append("the cheat test (lungs blacked out)")
    if len(facts.settings_of("seed")) > 1:
        said.append("several seeds")
    if len(facts.settings_of("split.by")) > 1:
        said.append("split by image and by patient")
    return f"Here: {_list(said)}." if said else ""


def all_partitions(facts: Facts) -> str:
    """Item 35: the partitions that have scores."""
    return (
        "On the validation side for every run (section Scores); accuracy on the training side is "
        "followed during training only (section Learning curves)."
    )


def accuracy(facts: Facts) -> str:
    """Item 36: where the estimates stand, and their n."""
    n = facts.scores["n"]
    images = f"{n.min():,}" if n.min() == n.max() else f"{n.min():,} to {n.max():,}"
    return f"Sections Scores and Class by class, with 95 % intervals, on {images} images."


def failures(facts: Facts) -> str:
    """Item 37: what is counted of the misread images."""
    return (
        "Confusion matrices count which class is taken for which. Looking at the misread images "
        "(page Confusion matrices) is for the author."
    )


def limits(facts: Facts) -> str:
    """Item 38: where the limitations stand."""
    return "Section Limitations says what follows from the runs; the rest is for the author."


def flow(facts: Facts) -> str:
    """Item 33: where the numbers of images stand."""
    return (
        "Numbers of images taken and excluded, by reason, stand in section Data; a diagram is for "
        "the author."
        if facts.summary
        else ""
    )


def _values(facts: Facts, name: str) -> list:
    return [value for value in facts.settings_of(name) if value not in (None, "")]


def _list(values: list) -> str:
    *most, last = [str(value) for value in values] or ["not known"]
    return f"{', '.join(most)} and {last}" if most else last
