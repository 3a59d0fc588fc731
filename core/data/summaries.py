"""The catalog's counts, kept beside it, for whoever wants the numbers and not the rows.

Answers from a small JSON file while nothing changed, without loading pandas: that is most of the
time `python -m core catalog` would take. The counting itself is ``catalog.summarise``.
"""

import json

from core.data.labels import COHORTS, LABEL_SCHEMES
from core.data.sources import Progress, take_snapshot
from core.errors import UserError
from core.settings import Settings


def read_summary(settings: Settings, cohort: str, labels: str, progress: Progress = None) -> dict:
    """What ``catalog.summarise`` gives for the catalog as it is now, made first where needed.

    Raises UserError as ``catalog.load_catalog`` and ``catalog.select_rows``.
    """
    if cohort not in COHORTS:
        raise UserError(f"There is no cohort '{cohort}'; choose one of {', '.join(COHORTS)}.")
    if labels not in LABEL_SCHEMES:
        raise UserError(
            f"There are no labels '{labels}'; choose one of {', '.join(LABEL_SCHEMES)}."
        )
    snapshot = take_snapshot(settings, progress)
    try:
        stored = json.loads(snapshot.stored.with_suffix(".json").read_text(encoding="utf-8"))
        if stored["fingerprint"] == snapshot.fingerprint:
            return stored["summaries"][cohort][labels]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # none yet, or not ours: counted anew below

    # Loaded only here, where it cannot be avoided.
    from core.data.catalog import load_catalog, summarise

    return summarise(load_catalog(settings, progress), cohort, labels)
