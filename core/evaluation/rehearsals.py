"""Runs that only rehearse one: random weights that stay as they are, or a part of the images.

Holds what makes a run a rehearsal, from its config, and the sentence that pages put beside its
scores. Limitations of a report are worded by ``core.evaluation.limitations``.
"""

from collections.abc import Mapping, Sequence

RANDOM = "the network keeps random weights, and only its last layers were trained"


def keeps_random_weights(config: Mapping) -> bool:
    """Whether the run began from random weights and trained the head alone."""
    return config.get("weights") == "none" and config.get("epochs") == 0


def image_limit(config: Mapping) -> int | None:
    """How many images took part where the config sets a limit, else None."""
    limit = config.get("limit")
    return limit if isinstance(limit, int) else None


def rehearsal_sentence(configs: Sequence[Mapping]) -> str:
    """What keeps the scores of these runs from being results, in one sentence; "" where nothing.

    ``configs`` are those of the runs on show, of which some may be no rehearsal.
    """
    random = sum(map(keeps_random_weights, configs))
    limits = [limit for limit in map(image_limit, configs) if limit is not None]
    several = len(configs) > 1
    why = []
    if random:
        why.append(RANDOM + _of(random, len(configs)) if several else RANDOM)
    if limits:
        low, high = min(limits), max(limits)
        images = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        taken = f"only {images} images took part"
        why.append(taken + _of(len(limits), len(configs)) if several else taken)
    if not why:
        return ""
    return f"{'Rehearsals' if several else 'A rehearsal'}, no result: {'; '.join(why)}."


def _of(some: int, every: int) -> str:
    return " (all of these runs)" if some == every else f" ({some} of these {every} runs)"
