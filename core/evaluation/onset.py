"""The paper's second question: can it screen early? COVID-19 recognised by days since onset.

Holds the bands of days, the sensitivity of each with its interval, how it moves with time, and the
answer. Days are the metadata's ``offset``, which counts from the first symptoms or from the
admission to hospital, whichever the source knew; it does not say which.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.evidence import (
    CANNOT,
    COVID19,
    NO,
    NOT_SETTLED,
    SYNTHETIC,
    YES,
    Evidence,
    QuestionAnswer,
    by_image,
    folds_command,
    images_of,
    no_covid19,
    setups,
    unit_of,
    who_read,
)
from core.evaluation.slices import FEW
from core.evaluation.statistics import LEVEL, difference_of_scores, wilson
from core.evaluation.wording import counted, percent, points

KEY = "RQ2"
QUESTION = "Can it screen for COVID-19 early?"
# What a screening test is asked for here; a yardstick of ours, not the paper's.
WANTED = 0.9
ASKED = (
    f"Does it recognise at least {100 * WANTED:.0f} % of the COVID-19 X-rays of the first days, "
    f"and take no more than {100 - 100 * WANTED:.0f} % of the other images of the same collection "
    "for its class? (The yardstick is this page's own.)"
)
NOT_GIVEN = "not given"
# Upper bound (inclusive) -> name of the band.
BANDS = {2: "up to day 2", 5: "days 3 to 5", 9: "days 6 to 9", np.inf: "from day 10"}
FIRST, *_, LAST = BANDS.values()
# A logistic regression with fewer cases than this of the rarer outcome cannot bear one slope
# (Peduzzi et al., J Clin Epidemiol 49 (1996) 1373-1379).
EVENTS = 10
ABOUT_DAYS = (
    "Days are the metadata's offset: since the first symptoms or since the admission to hospital, "
    "whichever the source knew, and it does not say which. A patient admitted late has an early "
    "day here."
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


def answer(evidence: Evidence, setup: pd.Series | None = None) -> QuestionAnswer:
    """Answer from the most believable setup among the runs, or from ``setup``, a row of setups."""
    available = setups(evidence.real)
    if available.empty:
        return _cannot(evidence, "There is no finished run that can be read.")
    setup = available.iloc[0] if setup is None else setup
    images = images_of(evidence, setup["runs"])
    covid19 = images[images["finding"] == COVID19]
    if covid19.empty:
        return _cannot(evidence, no_covid19(evidence, images))
    if covid19["offset_days"].notna().sum() == 0:
        return _cannot(
            evidence,
            f"None of the {counted(len(covid19), 'COVID-19 image')} among the validation images "
            "has a day since onset in the metadata.",
        )
    bands = onset_table(covid19)
    trend = onset_trend(covid19, bands)
    early = bands.set_index("band").loc[FIRST]
    others = images[images["label"] != evidence.positive]
    same = others[others["source"].isin(covid19["source"])]
    alarms = _alarms(same)
    decided = _decide(early, same, alarms)
    sentence = _sentence(covid19, early, trend, setup)
    if evidence.synthetic:
        decided, sentence = CANNOT, f"{SYNTHETIC} {sentence}"
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED,
        decided,
        sentence,
        (*_doubts(evidence, covid19, early, others, same, alarms), *by_image(setup)),
        "More early images narrow the first band; images of other diseases and of healthy people "
        "from the same hospitals would show whether the disease is recognised or the collection. "
        "A cross-validation on everything that can be placed checks every dated image once:",
        (folds_command(evidence),),
        {
            "setup": setup["name"],
            "runs": list(setup["runs"]),
            "n": len(covid19),
            "bands": bands.to_dict("records"),
            "trend": trend.__dict__,
            "false_alarms_same_source": {
                "n": len(same),
                "rate": alarms[0],
                "ci95": list(alarms[1:]),
            },
        },
        {"bands": bands},
    )


def _bands(days: pd.Series) -> pd.Series:
    cut = pd.cut(days, [-np.inf, *BANDS], labels=list(BANDS.values()))
    return cut.astype("object").fillna(NOT_GIVEN)


def _odds_ratio(right: np.ndarray, days: np.ndarray, unit: np.ndarray) -> tuple[tuple, str]:
    # Takes a second to load, which a page that only shows bands need not wait for.
    import statsmodels.api as sm
    from scipy.stats import norm

    undefined = (np.nan, np.nan, np.nan), "Days part right and wrong answers without overlap."
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")
        try:
            fit = sm.GLM(right, sm.add_constant(days), family=sm.families.Binomial()).fit(
                cov_type="cluster", cov_kwds={"groups": unit}
            )
        except (Warning, np.linalg.LinAlgError, ValueError):
            return undefined
    slope, error = float(fit.params[1]), float(fit.bse[1])
    if not np.isfinite([slope, error]).all():
        return undefined
    reach = norm.ppf((1 + LEVEL) / 2) * error
    return tuple(np.exp([slope, slope - reach, slope + reach]).tolist()), ""


def _alarms(same: pd.DataFrame) -> tuple[float, float, float]:
    """Share of these images without COVID-19's class that were taken for it, with its interval."""
    units = unit_of(same).nunique()
    if not units:
        return np.nan, np.nan, np.nan
    rate = float(same["flagged"].mean())
    return (rate, *wilson(rate * units, units))


def _decide(early: pd.Series, same: pd.DataFrame, alarms: tuple[float, float, float]) -> str:
    if not early["n"]:
        return NOT_SETTLED
    enough = len(same) >= FEW
    if early["high"] < WANTED or (enough and alarms[1] > 1 - WANTED):
        return NO
    return YES if early["low"] >= WANTED and enough and alarms[2] <= 1 - WANTED else NOT_SETTLED


def _sentence(covid19: pd.DataFrame, early: pd.Series, trend: Trend, setup: pd.Series) -> str:
    units = unit_of(covid19).nunique()
    rate = float(covid19["right"].mean())
    whole = percent(rate, *wilson(rate * units, units))
    said = (
        f"Of {counted(len(covid19), 'COVID-19 image')} of {counted(units, 'patient')} {whole} were "
        f"recognised (sensitivity; {who_read(setup)})"
    )
    if early["n"]:
        first = percent(early["sensitivity"], early["low"], early["high"])
        said += f"; of the {early['n']:,} {FIRST}, {first}."
    else:
        said += f"; none of them is dated {FIRST}."
    return f"{said} {trend_sentence(trend)}"


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
        f"Between the first days ({FIRST}) and from day 10 no difference is shown: {gap} points, "
        "which holds zero."
    )


def _doubts(evidence, covid19, early, others, same, alarms):
    if early["n"] < FEW:
        yield (
            f"Only {counted(early['n'], 'image')} {FIRST}, fewer than {FEW}: chance moves such a "
            "figure widely."
        )
    yield ABOUT_DAYS
    before = int((covid19["offset_days"] < 0).sum())
    undated = int(covid19["offset_days"].isna().sum())
    yield (
        f"Images without a day ({undated:,}) stand apart; those before day 0 ({before:,}) count as "
        f"{FIRST}."
    )
    if len(same) < FEW:
        sources = " and ".join(sorted(covid19["source"].unique()))
        yield (
            f"The COVID-19 images come from the collection {sources}, and "
            f"{counted(len(same), 'image')} of the {len(others):,} other ones do: a network that "
            "recognises the collection recognises COVID-19 without seeing it, at any day. This "
            "alone keeps the answer from being yes."
        )
    else:
        yield (
            f"Of {counted(len(same), 'image')} of other classes from the same collection "
            f"{percent(*alarms)} were taken for {evidence.positive} (false alarms)."
        )
    if evidence.positive != COVID19:
        yield (
            f"Recognised means: taken for the class {evidence.positive}, which holds other causes "
            "too. The label schemes covid2 and four ask for COVID-19 itself."
        )


def _cannot(evidence: Evidence, sentence: str) -> QuestionAnswer:
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED,
        CANNOT,
        sentence,
        would_change="A cross-validation on everything that can be placed checks every image once:",
        commands=(folds_command(evidence),),
    )
