"""What goes on a sheet of one page when several networks are asked about one image.

Holds ``study_sheet``, which words it, and ``network_maps``, which asks for each network's heat map.
The sheet of one network stands in ``core.inference.sheet_facts``; the page itself is drawn by
``core.inference.sheet``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from core.errors import UserError
from core.evaluation.calibration import right_when
from core.evaluation.cases import run_cases
from core.evaluation.common_images import short_names
from core.evaluation.rehearsals import rehearsal_sentence
from core.inference.agreement import NOT_PROOF, Agreement, agreement, mean_words
from core.inference.opinions import Opinion
from core.inference.predictor import Prediction
from core.inference.sheet import Sheet
from core.inference.sheet_facts import (
    MAPS,
    OPACITY,
    PROBABILITY,
    SheetImage,
    checked_facts,
    data_words,
    drawn,
    map_title,
    pixels_words,
    score_words,
)
from core.inference.sheet_table import ROOMY
from core.inference.sheet_table import Opinion as Row
from core.run_files import whole
from core.runs import Run
from core.words import class_title, class_words, counted, listed, percent

AS_SURE = (
    "As sure: how many of a network's validation images it was right about when it gave about this "
    "probability (at most 5 points away), with the 95 % interval of that share."
)
# Behind the number of a network, where the words have no room.
NOT_IN_THE_MEAN = "*"
SHARED = (
    "Patients stand on both sides of the split of {runs} ({shared}): such scores are higher than "
    "for new patients."
)


def network_maps(
    asked: Sequence[Run], given: Sequence[Opinion], answer: Callable[[Run], Prediction]
) -> Iterator[tuple[str, Prediction | str]]:
    """Ask for the maps of those that have an opinion, one after another, each as it is there.

    ``answer`` asks one run for its prediction with a map. Yields the run's identifier and the
    prediction, or the sentence of the UserError that came in its place.
    """
    with_opinion = {each.run for each in given if each.probabilities}
    for run in asked:
        if run.id in with_opinion:
            try:
                yield run.id, answer(run)
            except UserError as error:
                yield run.id, str(error)


def study_sheet(
    asked: Sequence[Run],
    given: Sequence[Opinion],
    maps: Mapping[str, Prediction | str],
    image: SheetImage,
    study: str = "",
    opacity: float = OPACITY,
    made: datetime | None = None,
) -> Sheet:
    """The sheet of ``image`` and what each run of ``asked`` said of it, in their order.

    ``given`` are their opinions, ``maps`` what ``network_maps`` gave, by identifier; all explain
    one class. ``study`` names the study they are of, empty for several. Raises UserError when there
    is no map at all.
    """
    looked = {run: each for run, each in maps.items() if isinstance(each, Prediction)}
    if not looked:
        why = next(iter(maps.values()), "No network has answered.")
        raise UserError(f"There is no heat map for the page. {why}")
    many, by_id = len(asked) > ROOMY, {run.id: run for run in asked}
    # Of many networks a row has one line: a number leads to the run's identifier at the foot.
    numbers = {run.id: str(number) for number, run in enumerate(asked, 1)}
    names = short_names(asked, kept=2, marked=False) if many else short_names(asked)
    first = next(iter(looked.values()))
    classes = list(first.probabilities)
    together = agreement(given, classes)
    answer = together.answer or together.likeliest
    facts = [
        ("Image", pixels_words(first.pixels)),
        *([("The answer means", class_words(answer))] if answer else []),
        *([("The source says", class_words(image.truth))] if image.truth else []),
        *checked_facts(image, asked),
        ("Networks", _networks(asked, study)),
        ("Learnt from", data_words(asked)),
    ]
    return Sheet(
        pixels=first.pixels,
        image=image.name,
        answer=together.sentence,
        more=mean_words(together),
        refused=image.refused,
        opinions=[
            _mean(together),
            *(
                _row(each, by_id[each.run], names[each.run], numbers[each.run] if many else "")
                for each in given
            ),
        ],
        seen="The image" if many else f"The image, as {names[first.run]} saw it",
        maps_title=f"{map_title(first)}, network by network, and its probability",
        maps=[
            drawn(each, _caption(numbers[run] if many else names[run], each, many), opacity)
            for run, each in looked.items()
            if each.heat is not None
        ],
        facts=facts,
        limits=_limits(asked, given, maps, numbers if many else names),
        runs=[run.id for run in asked] if many else [],
        colours={class_title(name): name for name in classes},
        synthetic=image.synthetic or any(run.metrics().get("synthetic") is True for run in asked),
        made=made,
    )


def _networks(asked: Sequence[Run], study: str) -> str:
    words = f"{len(asked)} of the study {study}" if study else f"{len(asked)} of several studies"
    if len(asked) <= ROOMY:
        return words
    return f"{words}, numbered; the identifiers of their runs stand at the foot of the page"


def _mean(together: Agreement) -> Row:
    table = together.table.set_index("class")
    if not together.n:
        return Row("Mean", {}, mean=True, problem="undefined: no network's answer counts")
    bounds = {class_title(name): (row["low"], row["high"]) for name, row in table.iterrows()}
    several = together.n > 1
    return Row(
        f"Mean of {counted(together.n, 'network')}",
        {class_title(name): mean for name, mean in table["mean"].items()},
        below="below: its 95 % interval (Student's t)" if several else "no interval: one network",
        mean=True,
        intervals=bounds if several else {},
    )


def _row(each: Opinion, run: Run, name: str, number: str) -> Row:
    """The row of ``run``, called ``name``; ``number`` is empty where runs are not numbered."""
    probabilities = {class_title(name): share for name, share in each.probabilities.items()}
    if number:
        name = f"{number}.{NOT_IN_THE_MEAN if each.doubt else ''} {name}"
    elif each.doubt:
        name += " \N{MIDDLE DOT} not in the mean"
    if each.problem:
        return Row(name, {}, below=each.run, problem=each.problem)
    return Row(name, probabilities, below=each.run, score=_score(run, each))


def _score(run: Run, each: Opinion) -> tuple[str, str]:
    """How good the network is, and how often it was right when it was as sure as here."""
    words, n = score_words(run.metrics())
    score = f"{words}, n = {n:,}" if n else "not known"
    sure = right_when(run_cases(run), min(max(each.probabilities[each.predicted], 0), 1))
    if not sure.n:
        return score, "as sure: not once"
    return (
        score,
        f"as sure: right {sure.right:,} of {sure.n:,} "
        f"({100 * sure.low:.0f} to {100 * sure.high:.0f} %)",
    )


def _caption(name: str, prediction: Prediction, many: bool) -> str:
    share = percent(prediction.probabilities[prediction.explained_class])
    if many:
        return f"{name}: " + ("empty" if prediction.note else share)
    return f"{name}: {share}" + (" (empty map)" if prediction.note else "")


def _limits(
    asked: Sequence[Run],
    given: Sequence[Opinion],
    maps: Mapping[str, Prediction | str],
    names: Mapping[str, str],
) -> list[str]:
    rehearsal = rehearsal_sentence([run.config for run in asked])
    limits = [rehearsal] if rehearsal else []
    for reason in dict.fromkeys(each.doubt for each in given if each.doubt):
        which = listed([names[each.run] for each in given if each.doubt == reason])
        mark = f" ({NOT_IN_THE_MEAN})" if len(asked) > ROOMY else ""
        limits.append(
            f"Not in the mean{mark}, because {reason}: {which}. Such an answer can show memory "
            "instead of skill."
        )
    failed = {run: each for run, each in maps.items() if isinstance(each, str)}
    for problem in dict.fromkeys(failed.values()):
        which = listed([names[run] for run, each in failed.items() if each == problem])
        limits.append(f"No map of {which}: {problem}")
    notes = [each.note for each in maps.values() if isinstance(each, Prediction) and each.note]
    limits += [f"An empty map: {note}" for note in dict.fromkeys(notes)]
    limits += [NOT_PROOF, PROBABILITY, *([AS_SURE] if len(asked) <= ROOMY else []), MAPS]
    counts = [whole(run.metrics().get("overlap_patients")) for run in asked]
    shared = [int(count) for count in counts if count > 0]
    if shared:
        least, most = min(shared), max(shared)
        limits.append(
            SHARED.format(
                runs=f"{len(shared)} of these {len(asked)} runs"
                if len(shared) < len(asked)
                else "these runs",
                shared=f"{least:,}" if least == most else f"{least:,} to {most:,}",
            )
        )
    return limits
