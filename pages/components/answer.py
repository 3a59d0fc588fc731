"""What one network answers about one image: the answer in words, and a bar for every class.

Holds ``answer_words`` and ``answer_bars``. Where it looked stands in ``where_it_looked``.
"""

import streamlit as st

from core.charts.prediction import probability_bars
from core.charts.theme import CONFIG
from core.inference.predictor import Prediction
from pages.components.words import class_title, class_words, percent


def answer_words(prediction: Prediction, truth: str) -> None:
    """Write the answer and its probability, and whether ``truth``, the source's class, agrees.

    ``truth`` is empty where the source says nothing.
    """
    probability = percent(prediction.probabilities[prediction.predicted])
    st.markdown(
        f"### {class_words(prediction.predicted)}: {probability}  \n"
        + (
            ""
            if not truth
            else ":green[The same as the source says.]"
            if truth == prediction.predicted
            else f":orange[The source says otherwise: {class_words(truth)}.]"
        )
    )


def answer_bars(prediction: Prediction, truth: str) -> None:
    """Draw the probabilities of all classes; that of ``truth``, if there is one, is marked."""
    titles = {name: class_title(name) for name in prediction.probabilities}
    figure = probability_bars(prediction.probabilities, truth or None, titles)
    st.plotly_chart(figure, theme=None, config=CONFIG)
