"""What these runs cannot tell, in plain words, each sentence from a fact about them.

Holds ``limitations`` alone. What only an author can know (why the images were chosen, what the
figures are for) stands in the checklist of ``core.evaluation.claim`` instead.
"""

import pandas as pd

from core.evaluation.baseline_results import lies_below, not_above
from core.evaluation.cheat_differences import difference_table, difference_words, needs_lungs
from core.evaluation.cheat_results import WITHOUT_LUNGS
from core.evaluation.rehearsals import keeps_random_weights
from core.evaluation.report_facts import Facts
from core.undefined_scores import missing_class
from core.words import class_title, finding_title, percent

FEW_IN_A_CLASS = 100


def limitations(facts: Facts) -> list[str]:
    """Sentences on ``facts``, the gravest first; never empty."""
    makers = (
        _synthetic,
        _random_weights,
        _limited,
        _split_by_image,
        _chosen_on_validation,
        _no_test_set,
        _collections,
        _few_images,
        _repeats,
        _baselines,
        _cheating,
        _several_classes,
        _coronavirus,
        _absent,
    )
    return [sentence for make in makers for sentence in make(facts)]


def _synthetic(facts: Facts) -> list[str]:
    if not facts.synthetic:
        return []
    return [
        "The images are SYNTHETIC: ChestBench drew them itself. None of these figures says "
        "anything about real lungs or about how a network reads real X-rays."
    ]


def _random_weights(facts: Facts) -> list[str]:
    frozen = [facts.names[run.id] for run in facts.scored if keeps_random_weights(run.config)]
    if not frozen:
        return []
    return [
        f"{_these(frozen, facts)} kept a network of random weights and trained the last layers "
        "alone: this rehearses a study and says nothing of what the network could learn."
    ]


def _limited(facts: Facts) -> list[str]:
    limits = [value for value in facts.settings_of("limit") if isinstance(value, int)]
    if not limits:
        return []
    return [
        f"Only a part of the images took part, drawn by chance (limit {max(limits):,}): a "
        "rehearsal, whose scores are lower and less certain than those of a full run."
    ]


def _split_by_image(facts: Facts) -> list[str]:
    rows = facts.scores[facts.scores["split"] == "image"]
    if rows.empty:
        return []
    shared = rows["overlap_patients"].max()
    counted = f" (up to {int(shared):,} patients)" if pd.notna(shared) and shared else ""
    return [
        f"{_these(list(rows['name']), facts)} divided images at random, so that patients stand on "
        f"both sides{counted}: the network may know a patient instead of a disease, and the score "
        "is higher than it would be for new patients."
    ]


def _chosen_on_validation(facts: Facts) -> list[str]:
    best = any(value == "best" for value in facts.settings_of("keep"))
    early = any(
        isinstance(value, int) and value > 0 for value in facts.settings_of("early_stopping")
    )
    if not (best or early):
        return []
    how = " and ".join(
        words
        for chosen, words in (
            (best, "which epoch's weights to keep"),
            (early, "when to stop training"),
        )
        if chosen
    )
    return [
        f"The validation images decided {how}; the scores on the same images are therefore a "
        "little too good."
    ]


def _no_test_set(facts: Facts) -> list[str]:
    return [
        "There is no third set of images that played no part in any decision, and none from "
        "another hospital or collection: whoever compared runs and took the best has chosen by the "
        "validation images, and how the networks do elsewhere is not known."
    ]


def _collections(facts: Facts) -> list[str]:
    tables = [table for table in facts.images.values() if table["source"].nunique() > 1]
    if not tables:
        return []
    table = tables[0]
    alone = [
        finding_title(finding)
        for finding, rows in table.groupby("finding")
        if finding and rows["source"].nunique() == 1
    ]
    sentence = (
        "The images come from several collections that differ in age of the patients, devices and "
        "image size"
    )
    if alone:
        sentence += f", and {_list(sorted(alone))} come each from one of them alone"
    return [f"{sentence}: a network can score by telling collections apart instead of diseases."]


def _few_images(facts: Facts) -> list[str]:
    smallest = None
    for run in facts.scored:
        classes = run.metrics().get("per_class")
        for name, values in classes.items() if isinstance(classes, dict) else ():
            n = values.get("n") if isinstance(values, dict) else None
            if isinstance(n, int) and (smallest is None or n < smallest[1]):
                smallest = name, n
    if smallest is None or smallest[1] >= FEW_IN_A_CLASS:
        return []
    name, n = smallest
    if not n:
        return [missing_class(name)]
    return [
        f"Few validation images: as few as {n:,} of class {class_title(name)}. One image more or "
        f"less moves its sensitivity by {percent(1 / n)}; read the intervals."
    ]


def _repeats(facts: Facts) -> list[str]:
    repeated = facts.scores.groupby(["backbone", "recipe", "split"], dropna=False)
    if repeated[["seed", "split_seed", "fold"]].nunique(dropna=False).gt(1).any(axis=None):
        return []
    return [
        "One seed each: another seed of the weights or of the split would give other scores. The "
        "intervals hold the doubt that comes from the validation images, not this one."
    ]


def _baselines(facts: Facts) -> list[str]:
    if facts.baselines.empty:
        return [
            "Trivial baselines were not computed on these images, so how much a score can be had "
            "without reading a lung is not known (`python -m core baselines`)."
        ]
    beaten = not_above(facts.scores, facts.baselines, "balanced_accuracy")
    if beaten.empty:
        return []
    below = beaten.apply(lies_below, axis=1, measure="balanced_accuracy")
    said = {
        "Below the best trivial baseline": beaten[below],
        "Not shown to beat a trivial baseline": beaten[~below],
    }
    return [
        f"{how} in balanced accuracy: {_list(list(rows['name']))}."
        for how, rows in said.items()
        if len(rows)
    ]


def _cheating(facts: Facts) -> list[str]:
    table = difference_table(facts.scored, "balanced_accuracy")
    if table.empty:
        return [
            "Whether a run can do without the lungs was not tested (`python -m core cheat-test`)."
        ]
    without = table[table["seen"] == WITHOUT_LUNGS].to_dict("records")
    return [
        f"{facts.names[row['run']]} with the lungs blacked out, in balanced accuracy: "
        f"{difference_words(row)}."
        for row in without
        if not needs_lungs(row)
    ]


def _several_classes(facts: Facts) -> list[str]:
    if len(facts.labels) < 2:
        return []
    return [
        f"These runs name different classes (label schemes {_list(list(facts.labels))}): their "
        "scores answer different questions and cannot be set against each other."
    ]


def _coronavirus(facts: Facts) -> list[str]:
    if "paper3" not in facts.labels:
        return []
    return [
        "The class coronavirus holds every viral pneumonia, as in the paper, and most of its "
        "images are not of COVID-19: its figures are no figures on COVID-19."
    ]


def _absent(facts: Facts) -> list[str]:
    left = len(facts.runs) - len(facts.scored)
    if not left:
        return []
    return [
        f"{left} of the {len(facts.runs)} runs asked for have no figures and are left out: if they "
        "failed for a reason that has to do with the result, the rest is a selection."
    ]


def _these(names: list[str], facts: Facts) -> str:
    return "All runs" if len(names) == len(facts.scored) else f"Some runs ({_list(names)})"


def _list(words: list[str]) -> str:
    *most, last = words
    mark = "; " if any(", " in word for word in words) else ", "
    return f"{mark.join(most)} and {last}" if most else last
