"""Keeps one of TensorFlow's warnings out of answers and logs: that functions are traced too often.

Holds ``without_retracing_warnings``, called where networks are built (``backbone_graph``) and where
they are read (``core.inference.model_file``). Imports no TensorFlow: its logger goes by a name.
"""

import logging

LOGGER = "tensorflow"
# TensorFlow 2.21, polymorphic_function.py, after "5 out of the last 5 calls to <function ...>".
WORDS = "triggered tf.function retracing"


def without_retracing_warnings() -> None:
    """Drop the warnings about retracing, and no other message of TensorFlow.

    Keras gives each network a function of its own, traced at its first question, but TensorFlow
    counts the tracings of all of them together: a study of five networks, each asked for the first
    time, reads to it like one function that is traced anew at every call. May be called repeatedly.
    """
    logging.getLogger(LOGGER).addFilter(_is_no_retracing)


def _is_no_retracing(record: logging.LogRecord) -> bool:
    return WORDS not in record.getMessage()
