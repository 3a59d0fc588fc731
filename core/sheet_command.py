"""The option --pdf of the command `predict`: what networks said of an image as one page.

Holds ``check_pdf`` and the saving of a page of one network and of a study's. What stands on the
page is decided in ``core.inference.sheet_facts`` and ``core.inference.study_sheet``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core import runs
from core.errors import UserError
from core.files import whole_file
from core.settings import Settings
from core.terminal import ProgressLine

if TYPE_CHECKING:
    from core.inference.judgement import Judgement
    from core.inference.opinions import Opinion
    from core.inference.predictor import Prediction
    from core.inference.sheet import Sheet
    from core.inference.sheet_facts import SheetImage


def check_pdf(path: str) -> None:
    """Raise UserError when ``path`` does not end as a PDF does."""
    if Path(path).suffix.lower() != ".pdf":
        raise UserError(f"--pdf {path}: end it in .pdf.")


def image_facts(
    asked: Sequence[runs.Run], image: Path, judgement: "Judgement | None", unjudged: str
) -> "SheetImage":
    """What is known of ``image``: its class and side from the first run that used it."""
    from core.inference.sheet_facts import SheetImage, known_image

    known = next(filter(_used, (known_image(run, image) for run in asked)), {})
    return SheetImage(image.name, **known, judgement=judgement, unjudged=unjudged)


def save_sheet(run: runs.Run, prediction: "Prediction", image: "SheetImage", path: Path) -> None:
    """Save the page of what one network said."""
    from core.inference.sheet_facts import sheet_of

    _save(sheet_of(run, prediction, image), path)


def save_study_sheet(
    study: str,
    asked: Sequence[runs.Run],
    given: Sequence["Opinion"],
    explained: str,
    file: Path,
    image: "SheetImage",
    path: Path,
    settings: Settings,
) -> None:
    """Draw every network's map of the class ``explained`` and save the page of the study.

    ``file`` is the image itself. Raises UserError when no network could draw a map.
    """
    from core.inference.methods import GRADCAM
    from core.inference.predictor import predict
    from core.inference.study_sheet import network_maps, study_sheet

    def answer(run: runs.Run) -> "Prediction":
        return predict(run, file, settings, explain=GRADCAM, explained_class=explained)

    maps, total = {}, sum(bool(each.probabilities) for each in given)
    with ProgressLine() as progress:
        for run, drawn in network_maps(asked, given, answer):
            maps[run] = drawn
            progress("Drawing heat maps", len(maps), total)
    _save(study_sheet(asked, given, maps, image, study), path)


def _used(known: dict[str, str]) -> bool:
    return bool(known["truth"])


def _save(sheet: "Sheet", path: Path) -> None:
    from core.inference.sheet import sheet_pdf

    content = sheet_pdf(sheet)
    with whole_file(path) as temporary:
        temporary.write_bytes(content)
