"""Many images through one finished run: one row an image, in order, and errors stop none of them.

Holds ``predict_images``, which loads Keras into this process; the dashboard's server calls
``predict_slice`` through ``core.inference.process.ask``, a slice at a time, so that others get
their turn in between. Where the run has a reference (``core.inference.familiarity``), each image is
judged as well, and one that is refused gets no diagnosis. One image with its explanation stands in
``core.inference.predictor``.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from core import runs
from core.errors import UserError
from core.imaging.decode import read_image
from core.imaging.given_images import GivenImage
from core.imaging.preprocess import prepare
from core.imaging.thumbnails import picture
from core.inference.familiarity import pooled_features
from core.inference.judgement import judge_by, odd_checks, plainly_accepted
from core.inference.loaded_models import load_classifier
from core.inference.reference import Reference, read_reference
from core.settings import Settings
from core.training.config import RunConfig, read_config

BATCH = 32
# Batches of images that are decoded ahead of the network, and held in memory prepared.
AHEAD = 3


@dataclass(frozen=True)
class Answer:
    """What a run says of one image, or the sentence why it cannot say anything.

    ``probabilities`` by class name, adding up to 1, empty where there is a ``problem`` and where a
    refused image was not to be answered; ``refused`` says why the image should not be diagnosed,
    empty where it was accepted or not judged; ``thumbnail`` is a JPEG where one was asked for.
    """

    name: str
    predicted: str = ""
    probabilities: dict[str, float] = field(default_factory=dict)
    problem: str = ""
    refused: str = ""
    thumbnail: bytes = b""

    @property
    def confidence(self) -> float | None:
        """Probability of the answer, or None where there is none."""
        return self.probabilities.get(self.predicted)


@dataclass(frozen=True)
class _Read:
    """An answer that still waits for its probabilities, with what is asked for them."""

    answer: Answer
    source: Path | bytes = b""
    pixels: np.ndarray | None = None
    odd: bool = False


def predict_images(
    run: runs.Run,
    images: Iterable[GivenImage],
    settings: Settings,
    thumbnail_side: int = 0,
    answer_refused: bool = False,
) -> Iterator[Answer]:
    """Give the answer of a finished run to each of ``images``, in their order, as it comes.

    Threads read and prepare the next images while the network works, BATCH images at a time.
    ``thumbnail_side`` is the longer side of the answers' thumbnails in pixels; 0: none. An image
    that cannot be read becomes an answer with a problem; one that is refused has its reasons alone
    unless ``answer_refused``. Raises UserError when the run has no usable model.
    """
    config = read_config(run.config)
    network = _Network(run, settings)
    images = iter(images)
    with ThreadPoolExecutor(settings.threads, thread_name_prefix="read") as pool:
        coming: deque[Future] = deque()

        def read_on(count: int) -> None:
            for image in islice(images, count):
                coming.append(pool.submit(_read, image, config, network, thumbnail_side))

        read_on(AHEAD * BATCH)
        try:
            while coming:
                batch = [coming.popleft().result() for _ in range(min(BATCH, len(coming)))]
                read_on(len(batch))
                yield from _answers(network, config, batch, answer_refused)
        finally:
            # Nobody waits for the rest when whoever asks has had enough.
            pool.shutdown(wait=False, cancel_futures=True)


def predict_slice(
    run: runs.Run, images: Sequence[GivenImage], settings: Settings, thumbnail_side: int = 0
) -> list[Answer]:
    """``predict_images`` as a list; the images must be ``unpacked``, and all of it picklable."""
    return list(predict_images(run, images, settings, thumbnail_side))


def answers_table(answers: Sequence[Answer], classes: Sequence[str]) -> pd.DataFrame:
    """One row per answer: name, predicted, confidence, p_<class> per class, refused, problem.

    Where there is no answer, ``predicted`` is an empty text and the figures are missing.
    """
    return pd.DataFrame(
        [
            {
                "name": answer.name,
                "predicted": answer.predicted,
                "confidence": answer.confidence,
                **{f"p_{name}": answer.probabilities.get(name) for name in classes},
                "refused": answer.refused,
                "problem": answer.problem,
            }
            for answer in answers
        ],
        columns=[
            *("name", "predicted", "confidence"),
            *(f"p_{name}" for name in classes),
            *("refused", "problem"),
        ],
    )


class _Network:
    """A run's classifier and its reference, asked for a whole batch in one pass where it can be."""

    def __init__(self, run: runs.Run, settings: Settings):
        # Loads Keras, which the server must not do.
        from core.models.classifier import head_model

        self.run, self.settings = run, settings
        self.model = load_classifier(run)
        self.reference: Reference | None = read_reference(run)
        # A reference holds mean features, which another pooling does not give on the way.
        on_the_way = self.reference and read_config(run.config).head.pooling == "avg"
        self.head = head_model(self.model) if on_the_way else None

    def ask(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities (n, k) of images (n, s, s) uint8, and which of them are plainly accepted.

        Without a reference all of them are.
        """
        accepted, asked, given = np.ones(len(pixels), bool), self.model, pixels[..., np.newaxis]
        if self.reference is not None:
            features = pooled_features(self.model, pixels)
            accepted = plainly_accepted(self.reference, features, pixels)
            if self.head is not None:
                asked, given = self.head, features
        return np.asarray(asked.predict_on_batch(given)), accepted

    def refusal(self, read: _Read) -> str:
        """Why the image should not be diagnosed, or an empty text."""
        judged = judge_by(self.reference, self.run, read.source, self.settings, read.answer.name)
        return " ".join(judged.reasons)

    def is_odd(self, source: Path | bytes, grey: np.ndarray) -> bool:
        """Whether the pixels alone forbid a diagnosis."""
        return self.reference is not None and bool(odd_checks(self.reference, source, grey))


def _read(image: GivenImage, config: RunConfig, network: _Network, thumbnail_side: int) -> _Read:
    image = image.unpacked()
    if image.problem:
        return _Read(Answer(image.name, problem=image.problem))
    try:
        grey = read_image(image.source, network.settings.max_pixels, image.name)
        odd = network.is_odd(image.source, grey)
    except UserError as error:
        return _Read(Answer(image.name, problem=str(error)))
    small = picture(grey, thumbnail_side) if thumbnail_side else b""
    pixels = prepare(grey, config.preprocess, config.size)
    return _Read(Answer(image.name, thumbnail=small), image.source, pixels, odd)


def _answers(
    network: _Network, config: RunConfig, batch: list[_Read], answer_refused: bool
) -> Iterator[Answer]:
    pixels = [read.pixels for read in batch if read.pixels is not None]
    if pixels:
        rows = iter(zip(*network.ask(np.stack(pixels)), strict=True))
    for read in batch:
        if read.pixels is None:
            yield read.answer
            continue
        values, accepted = next(rows)
        # Judged by itself: what speaks against it, and whether it only lies turned.
        refused = "" if accepted and not read.odd else network.refusal(read)
        if refused and not answer_refused:
            yield replace(read.answer, refused=refused)
            continue
        probabilities = dict(zip(config.classes, map(float, values), strict=True))
        predicted = max(probabilities, key=probabilities.get)
        yield replace(
            read.answer, predicted=predicted, probabilities=probabilities, refused=refused
        )
