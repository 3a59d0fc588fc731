"""One class against the rest: a threshold and a prevalence to move, and what they come to.

Holds the fragment that answers the slider. Curves and rules are computed in ``core.evaluation``.
"""

import streamlit as st

from core.charts.theme import CONFIG
from core.charts.thresholds import people_chart, precision_recall_chart, roc_chart
from core.evaluation.class_curves import ClassCurves
from core.evaluation.thresholds import PEOPLE, Rule, people, positive_class, threshold_rule
from pages.components.figures import Card, figures
from pages.components.frame import errors_as_sentences
from pages.components.shown_answers import ShownAnswers
from pages.components.words import class_title, estimate

VALIDATION, ANOTHER = "validation", "another"
# Examples, for a reader who knows no figure of his own.
PREVALENCES = {"0.01": "1 %, screening", "0.1": "10 %", "0.3": "30 %"}
ABOUT_RATES = {
    "sensitivity": "Of those who have it, the share found.",
    "specificity": "Of those who do not, the share left alone.",
    "positive_predictive_value": "Of those called, the share who have it.",
    "negative_predictive_value": "Of those not called, the share who do not have it.",
}
ABOUT = (
    "Sensitivity and specificity with Wilson's interval, images taken as independent. Predictive "
    "values follow by Bayes' theorem from both and the prevalence; their interval takes the worst "
    "and the best of both at once, and so is on the wide side. They hold for other people only "
    "where the rule finds and spares them as it did these images. **A threshold that was chosen "
    "by looking at these images flatters itself:** check it on others."
)
ABOUT_CURVES = (
    "The bands are pointwise 95 % intervals, from 1,000 resamples that draw whole patients within "
    "each class. The area under the ROC curve (AUC) is the chance that an image of the class gets "
    "a higher probability than another; guessing has 50 %. Average precision sums up the other "
    "curve; guessing has the share of the class, which stands in the validation images as they are."
)


@st.fragment
def one_class(shown: list[ShownAnswers]) -> None:
    """Let class, threshold and prevalence be chosen; show what follows for each of ``shown``."""
    with errors_as_sentences("Thresholds, one class"):
        st.subheader("One class against the rest", anchor=False)
        classes = shown[0].classes
        left, middle, right = st.columns([2, 4, 5], gap="medium")
        name = left.selectbox(
            "Class",
            classes,
            index=classes.index(positive_class(classes)),
            format_func=class_title,
            key=f"threshold-class/{'/'.join(classes)}",
        )
        title = class_title(name)
        threshold = middle.slider(
            f"Call it {title} from this probability on (threshold, %)",
            *(0.0, 100.0, 50.0, 0.5),
            format="%.1f %%",
            key="threshold",
        )
        with right:
            prevalence = _prevalence(shown[0], name)
        rules = [threshold_rule(one.answers, name, threshold / 100, prevalence) for one in shown]
        for one, rule, place in zip(shown, rules, st.columns(len(shown), gap="large"), strict=True):
            with place:
                _what_it_comes_to(rule, one.name if len(shown) > 1 else "", len(shown) == 1)
        st.caption(ABOUT)
        _curves_of(shown, name, rules)


def _prevalence(one: ShownAnswers, name: str) -> float:
    share = float((one.cases["label"] == name).mean())
    options = {VALIDATION: f"as in these images, {100 * share:.1f} %", **PREVALENCES}
    chosen = st.pills(
        "How many of those examined have it (prevalence)",
        [*options, ANOTHER],
        format_func=lambda option: options.get(option, "another"),
        default=VALIDATION,
        required=True,
        key="prevalence",
        wrap=True,
    )
    if chosen != ANOTHER:
        return share if chosen == VALIDATION else float(chosen)
    return (
        st.number_input("Prevalence (%)", 0.0, 100.0, 2.0, 0.1, format="%g", key="prevalence-other")
        / 100
    )


def _what_it_comes_to(rule: Rule, name: str, alone: bool) -> None:
    title = class_title(rule.name)
    if name:
        st.markdown(f"**{name}**")
    marks = st.columns([5, 4], gap="large") if alone else (st.container(), st.container())
    behind = {
        "sensitivity": rule.found + rule.missed,
        "specificity": rule.false_alarms + rule.left_alone,
    }
    with marks[0]:
        figures(
            [
                Card(
                    rate.replace("_", " ").capitalize(),
                    getattr(rule, rate),
                    f"{about} {f'n = {behind[rate]:,}.' if rate in behind else ''}",
                )
                for rate, about in ABOUT_RATES.items()
            ]
        )
        ill = PEOPLE * rule.prevalence
        # Below one person a whole number would say nobody.
        ill = f"{ill:,.0f}" if ill >= 1 else f"{ill:.2g}"
        st.markdown(
            f"Of **{PEOPLE:,} people** of whom {ill} have {title}, the rule misses "
            f"**{estimate(rule.missed_per_1000)}** and calls "
            f"**{estimate(rule.false_alarms_per_1000)}** others by mistake (false alarms)."
        )
        n = rule.found + rule.missed + rule.false_alarms + rule.left_alone
        st.caption(
            f"From {100 * rule.threshold:g} % on, of the {n:,} validation images: "
            f"{rule.found:,} found, {rule.missed:,} missed, "
            f"{rule.false_alarms:,} false alarms, {rule.left_alone:,} rightly left alone."
        )
    with marks[1]:
        st.plotly_chart(
            people_chart(people(rule), rule.name), theme=None, config=CONFIG, key=f"people-{name}"
        )


def _curves_of(shown: list[ShownAnswers], name: str, rules: list[Rule]) -> None:
    curves = [one.curves(name) for one in shown]
    names = [one.name for one in shown]
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**ROC curve**")
        drawn = [(n, c.roc.points, c.roc.band) for n, c in zip(names, curves, strict=True)]
        here = [
            (1 - rule.specificity.value, rule.sensitivity.value)
            for rule in rules
            if rule.specificity.value is not None and rule.sensitivity.value is not None
        ]
        st.plotly_chart(roc_chart(drawn, name, here), theme=None, config=CONFIG, key="roc")
        _areas("AUC", "roc", shown, curves)
    with right:
        st.markdown("**Precision-recall curve**")
        drawn = [
            (n, c.precision_recall.points, c.precision_recall.band)
            for n, c in zip(names, curves, strict=True)
        ]
        here = [
            (rule.sensitivity.value, rule.found / (rule.found + rule.false_alarms))
            for rule in rules
            if rule.sensitivity.value is not None and rule.found + rule.false_alarms
        ]
        share = curves[0].positives / curves[0].n
        chart = precision_recall_chart(drawn, name, share, here)
        st.plotly_chart(chart, theme=None, config=CONFIG, key="precision-recall")
        _areas("Average precision", "precision_recall", shown, curves)
    st.caption(ABOUT_CURVES)


def _areas(title: str, which: str, shown: list[ShownAnswers], curves: list[ClassCurves]) -> None:
    for one, curve in zip(shown, curves, strict=True):
        area = getattr(curve, which).area
        whose = f" of {one.name}" if len(shown) > 1 else ""
        st.markdown(
            f"{title}{whose}: **{estimate(area, 100)}**, {curve.positives:,} of {curve.n:,} images "
            f"are {class_title(curve.name)}. {area.reason}"
        )
