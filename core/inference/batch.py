"""Many images through one finished run: one row an image, in order, and errors stop none of them.

Holds ``predict_images``, which loads Keras into this process; the dashboard's server calls
``predict_slice`` through ``core.inference.process.ask``, a slice at a time, so that others get
their turn in between. One image with its explanation stands in ``core.inference.predictor``.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pandas as pd

from core import runs
from core.errors import UserError
from core.imaging.decode import read_image
from core.imaging.given_images import GivenImage
from core.imaging.preprocess import prepare
from core.imaging.thumbnails import picture
from core.inference.loaded_models import load_classifier
from core.settings import Settings
from core.training.config import RunConfig, read_config

BATCH = 32
# Batches of images that are decoded ahead of the network, and held in memory prepared.
AHEAD = 3


@dataclass(frozen=True)
class Answer:
    """What a run says of one image, or the sentence why it cannot say anything.

    ``probabilities`` by class name, adding up to 1, empty where there is a ``problem``;
    ``thumbnail`` is a JPEG where one was asked for.
    """

    name: str
    predicted: str = ""
    probabilities: dict[str, float] = field(default_factory=dict)
    problem: str = ""
    thumbnail: bytes = b""

    @property
    def confidence(self) -> float | None:
        """Probability of the answer, or None where there is none."""
        return self.probabilities.get(self.predicted)


def predict_images(
    run: runs.Run, images: Iterable[GivenImage], settings: Settings, thumbnail_side: int = 0
) -> Iterator[Answer]:
    """Give the answer of a finished run to each of ``images``, in their order, as it comes.

    Threads read and prepare the next images while the network works, BATCH images at a time.
    ``thumbnail_side`` is the longer side of the answers' thumbnails in pixels; 0: none. An image
    that cannot be read becomes an answer with a problem. Raises UserError when the run has no
    usable model.
    """
    config = read_config(run.config)
    model = load_classifier(run)
    images = iter(images)
    with ThreadPoolExecutor(settings.threads, thread_name_prefix="read") as pool:
        coming: deque[Future] = deque()

        def read_on(count: int) -> None:
            for image in islice(images, count):
                coming.append(pool.submit(_read, image, config, settings, thumbnail_side))

        read_on(AHEAD * BATCH)
        try:
            while coming:
                batch = [coming.popleft().result() for _ in range(min(BATCH, len(coming)))]
                read_on(len(batch))
                yield from _answers(model, config, batch)
        finally:
            # Nobody waits for the rest when whoever asks has had enough.
            pool.shutdown(wait=False, cancel_futures=True)


def predict_slice(
    run: runs.Run, images: Sequence[GivenImage], settings: Settings, thumbnail_side: int = 0
) -> list[Answer]:
    """``predict_images`` as a list; the images must be ``unpacked``, and all of it picklable."""
    return list(predict_images(run, images, settings, thumbnail_side))


def answers_table(answers: Sequence[Answer], classes: Sequence[str]) -> pd.DataFrame:
    """One row per answer: name, predicted, confidence, p_<class> for every class, problem."""
    return pd.DataFrame(
        [
            {
                "name": answer.name,
                "predicted": answer.predicted,
                "confidence": answer.confidence,
                **{f"p_{name}": answer.probabilities.get(name) for name in classes},
                "problem": answer.problem,
            }
            for answer in answers
        ],
        columns=["name", "predicted", "confidence", *(f"p_{name}" for name in classes), "problem"],
    )


def _read(
    image: GivenImage, config: RunConfig, settings: Settings, thumbnail_side: int
) -> tuple[Answer, np.ndarray | None]:
    """An answer that still waits for its probabilities, and the pixels for the network."""
    image = image.unpacked()
    if image.problem:
        return Answer(image.name, problem=image.problem), None
    try:
        grey = read_image(image.source, settings.max_pixels, image.name)
    except UserError as error:
        return Answer(image.name, problem=str(error)), None
    small = picture(grey, thumbnail_side) if thumbnail_side else b""
    return Answer(image.name, thumbnail=small), prepare(grey, config.preprocess, config.size)


def _answers(
    model, config: RunConfig, batch: list[tuple[Answer, np.ndarray | None]]
) -> Iterator[Answer]:
    pixels = [prepared for _, prepared in batch if prepared is not None]
    if pixels:
        rows = iter(np.asarray(model.predict_on_batch(np.stack(pixels)[..., np.newaxis])))
    for answer, prepared in batch:
        if prepared is None:
            yield answer
            continue
        probabilities = dict(zip(config.classes, map(float, next(rows)), strict=True))
        yield Answer(
            answer.name,
            max(probabilities, key=probabilities.get),
            probabilities,
            thumbnail=answer.thumbnail,
        )
