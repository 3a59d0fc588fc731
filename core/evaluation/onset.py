"""COVID-19 recognised by days since onset: sensitivity in bands of days, and how it moves.

Holds the figures and the sentence on their trend. Days are the metadata's ``offset``, which counts
from the first symptoms or from the admission to hospital, whichever the source knew; it does not
say which. What the figures answer stands in ``core.evaluation.screening``.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.evidence import unit_of
from core.evaluation.slices import FEW
from core.evaluation.statistics import LEVEL, difference_of_scores, wilson
from core.words import counted, points

NOT_GIVEN = "not given"
# Upper bound (inclusive) -> name of the band.
BANDS = {2: "up to day 2", 5: "days 3 to 5", 9: "days 6 to 9", np.inf: "from day 10"}
FIRST, *_, LAST = BANDS.values()
# A logistic regression with fewer cases than this of the rarer outcome cannot bear one slope
# (Peduzzi et al., J Clin Epidemiol 49 (1996) 1373-1379).
EVENTS = 10
ABOUT_DAYS = (
    "Days are the metadata's offset: since the first symptoms or since the admission to hospital, "
    "whichever the source knew, and it does not say which; where a report says 'after a few days' "
    "the collection assumes day 5. A patient admitted late has an early day here."
)

BAND_COLUMNS = ("band", "n", "patients", "few", "sensitivity", "low", "high")


@dataclass(frozen=True)
class Trend:
    """How recognition moves with days: ``odds_ratio`` per day with its interval, NaN if undefined.

    ``n`` dated images, ``missed`` of them wrong (a mean over runs where several answered);
    ``difference`` is the sensitivity in the last band less that in the first, with ``low`` and
    ``high``; ``reason`` says why an odds ratio is undefined, or is empty.
    """

    n: int
    missed: float
    odds_ratio: float
    odds_low: float
    odds_high: float
    difference: float
    low: float
    high: float
    reason: str


def onset_table(images: pd.DataFrame) -> pd.DataFrame:
    """Sensitivity by band of days, one row per band of BANDS and NOT_GIVEN: BAND_COLUMNS.

    ``images`` has id, patient (empty: unknown), offset_days (NaN: not given) and right (0..1), one
    row per image. Intervals are Wilson's with each patient as one independent case. NaN in a band
    without images.
    """
    band = _bands(images["offset_days"])
    unit = unit_of(images)
    rows = []
    for name in (*BANDS.values(), NOT_GIVEN):
        own = images["right"][band == name]
        patients = unit[band == name].nunique()
        rate = float(own.mean()) if len(own) else np.nan
        low, high = wilson(rate * patients, patients) if patients else (np.nan, np.nan)
        rows.append((name, len(own), patients, len(own) < FEW, rate, low, high))
    return pd.DataFrame(rows, columns=list(BAND_COLUMNS))


def onset_trend(images: pd.DataFrame, bands: pd.DataFrame) -> Trend:
    """How ``right`` moves with ``offset_days``; arguments as and from ``onset_table``.

    Logistic regression on days, robust to repeated patients (sandwich variance by patient, as in
    statsmodels); where an image was answered by several runs its share of right answers is the
    outcome (fractional logit: Papke & Wooldridge, J Appl Econom 11 (1996) 619-632). The difference
    of the bands takes them as independent (``statistics.difference_of_scores``).
    """
    dated = images[images["offset_days"].notna()]
    right, days = dated["right"].to_numpy(float), dated["offset_days"].to_numpy(float)
    missed = float((1 - right).sum())
    odds, reason = (np.nan, np.nan, np.nan), ""
    rarer = min(missed, len(dated) - missed)
    if rarer < EVENTS:
        what = "missed" if missed <= len(dated) - missed else "recognised"
        reason = (
            f"{rarer:.3g} of {counted(len(dated), 'dated image')} "
            f"{'was' if rarer == 1 else 'were'} {what}: a slope per day needs {EVENTS}."
        )
    elif np.ptp(days) == 0:
        reason = "All dated images are of the same day."
    else:
        odds, reason = _odds_ratio(right, days, pd.factorize(unit_of(dated))[0])
    by_band = bands.set_index("band")
    first, last = by_band.loc[FIRST], by_band.loc[LAST]
    gap = (np.nan, np.nan, np.nan)
    if first["n"] and last["n"]:
        bounds = difference_of_scores(
            last["sensitivity"], last[["low", "high"]], first["sensitivity"], first[["low", "high"]]
        )
        gap = (float(last["sensitivity"] - first["sensitivity"]), *bounds)
    return Trend(len(dated), missed, *odds, *gap, reason)


def _bands(days: pd.Series) -> pd.Series:
    cut = pd.cut(days, [-np.inf, *BANDS], labels=list(BANDS.values()))
    return cut.astype("object").fillna(NOT_GIVEN)


def _odds_ratio(right: np.ndarray, days: np.ndarray, unit: np.ndarray) -> tuple[tuple, str]:
    # Takes a second to load, which a page that only shows bands need not wait for;
    # statsmodels.api takes half as long again.
    from scipy.stats import norm
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    undefined = (np.nan, np.nan, np.nan)
    if _parted(right, days):
        return undefined, "Days part right and wrong answers without overlap."
    if len(np.unique(unit)) < 2:
        return undefined, "All dated images are of one patient."
    constant_and_days = np.column_stack([np.ones_like(days), days])
    with np.errstate(all="ignore"):
        fit = GLM(right, constant_and_days, family=Binomial()).fit(
            cov_type="cluster", cov_kwds={"groups": unit}
        )
        slope, error = float(fit.params[1]), float(fit.bse[1])
    if not (fit.converged and np.isfinite([slope, error]).all()):
        return undefined, "The regression on days does not come to an end."
    reach = norm.ppf((1 + LEVEL) / 2) * error
    return tuple(np.exp([slope, slope - reach, slope + reach]).tolist()), ""


def _parted(right: np.ndarray, days: np.ndarray) -> bool:
    """Whether a day parts right from wrong answers, so that no slope is the most likely one.

    The estimate exists only where both overlap (Albert & Anderson, Biometrika 71 (1984) 1-10);
    a share of right answers is some of both.
    """
    some_right, some_wrong = days[right > 0], days[right < 1]
    return some_right.max() <= some_wrong.min() or some_wrong.max() <= some_right.min()


def trend_sentence(trend: Trend) -> str:
    """What can be said of a trend over days, and no more than its interval allows."""
    if np.isfinite(trend.odds_ratio):
        interval = f"{trend.odds_ratio:.2f} a day ({trend.odds_low:.2f} to {trend.odds_high:.2f})"
        if trend.odds_low > 1:
            return f"Later images are recognised more often: odds ratio {interval}."
        if trend.odds_high < 1:
            return f"Later images are recognised less often: odds ratio {interval}."
        return f"No trend over the days is shown: odds ratio {interval}, which holds 1."
    if not np.isfinite(trend.difference):
        return f"Of a trend over the days nothing can be said: {trend.reason}"
    gap = points(trend.difference, trend.low, trend.high)
    if trend.low > 0 or trend.high < 0:
        more = "more" if trend.low > 0 else "less"
        return f"From day 10 images are recognised {more} often than {FIRST}: {gap} points."
    return (
        f"From the first days ({FIRST}) to day 10 and later no difference is shown: {gap} points, "
        "which holds zero."
    )
