"""TensorFlow's warning about retracing is kept out of logs, and nothing else that it says."""

import logging

import pytest
from tensorflow.python.eager.polymorphic_function import polymorphic_function
from test_classifier import build

from core.models.retracing import LOGGER, WORDS, without_retracing_warnings


@pytest.fixture
def logged(monkeypatch):
    """What passes TensorFlow's logger, which begins without filters."""
    logger, records = logging.getLogger(LOGGER), []
    monkeypatch.setattr(logger, "filters", [])

    class Kept(logging.Handler):
        def emit(self, record):
            records.append(record.getMessage())

    handler = Kept()
    logger.addHandler(handler)
    yield records
    logger.removeHandler(handler)


def trace_often():
    """Have TensorFlow itself warn of a function that was traced at each of five calls."""
    detector = polymorphic_function._FrequentTracingDetector()
    for _ in range(5):
        detector.called_with_tracing("f", False)


def test_only_the_warning_about_retracing_is_dropped(logged):
    trace_often()
    assert len(logged) == 1 and WORDS in logged.pop()
    without_retracing_warnings()
    without_retracing_warnings()
    trace_often()
    logging.getLogger(LOGGER).warning("something %s", "else")
    assert logged == ["something else"]
    assert len(logging.getLogger(LOGGER).filters) == 1


def test_whoever_builds_a_network_has_it_dropped(logged):
    build("TinyCNN", size=32)
    trace_often()
    assert logged == []
