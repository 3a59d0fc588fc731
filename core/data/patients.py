"""Who the images belong to: patients, and the groups of them that no division may part.

Holds what ``core.data.splits`` divides by. Where patient ids come from is the readers' business.
"""

import numpy as np
import pandas as pd


def patient_names(rows: pd.DataFrame) -> pd.Series:
    """The patient of each row, text (n,); a row without one has a name that nobody else has."""
    return rows["patient"].where(rows["patient"] != "", pd.Series(_own_names(rows), rows.index))


def patient_groups(rows: pd.DataFrame) -> np.ndarray:
    """Number of the group each row belongs to, int32 (n,): what must stay on one side.

    Groups are the connected components of patients that share an exact duplicate image.
    """
    # SciPy and scikit-learn take long to load, which a page that only shows images need not wait
    # for; so both are imported where they are used.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    patient = patient_names(rows).factorize()[0]
    digest = rows["sha256"].to_numpy(dtype=object)
    image = pd.Series(np.where(digest == "", _own_names(rows), digest)).factorize()[0]
    # Patients and images are the two kinds of nodes of one graph, and every row is an edge.
    patients = patient.max(initial=-1) + 1
    nodes = patients + image.max(initial=-1) + 1
    edges = coo_array((np.ones(len(rows)), (patient, patients + image)), shape=(nodes, nodes))
    return connected_components(edges, directed=False)[1][patient]


def _own_names(rows: pd.DataFrame) -> np.ndarray:
    # A line break stands in no patient id and no digest.
    return np.array([f"\n{number}" for number in range(len(rows))], dtype=object)
