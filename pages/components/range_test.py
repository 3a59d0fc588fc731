"""The learning-rate range test on the Training page: run it, see its curve, take its rates over.

Holds ``range_test``. The newest test of the chosen network lies on disk and is shown to whoever
comes back. How the two rates are found stands in ``core.training.rate_suggestion``.
"""

import streamlit as st

from core import run_requests, runs
from core.settings import Settings
from core.training.config import RunConfig
from core.training.jobs import submit_range_test
from core.training.range_config import (
    RangeTest,
    RangeTestConfig,
    configure_range_test,
    read_range_test,
)
from pages.components.frame import errors_as_sentences
from pages.components.settings_form import settings_form
from pages.components.words import badge, run_title, time_left

POLL = "1s"
WORDS = (
    "The learning rate is how far each training step goes. This test trains for some steps, each "
    "at a higher rate than the one before, and watches the loss: where it begins to fall the "
    "network learns, where it rises the steps are too long (Smith 2017). It trains with the "
    "settings above, keeps no network, and takes as long as these steps do in training."
)
# What the curve does not depend on: the rates themselves, and how long and how training goes on.
NOT_MEASURED = (
    *("study", "epochs", "head_epochs", "learning_rate", "head_learning_rate", "schedule"),
    *("cyclical_learning_rate", "early_stopping", "keep", "range_test"),
)


def range_test(config: RunConfig | None, settings: Settings) -> None:
    """Offer a test of ``config`` (None: it does not fit, and no test can start)."""
    newest = _newest(config, settings)
    with st.expander(
        "Find a learning rate (range test)", newest is not None, icon=":material/speed:"
    ):
        st.markdown(WORDS)
        values = settings_form(RangeTestConfig(), "range-test")
        st.button(
            "Run the range test",
            icon=":material/play_arrow:",
            disabled=config is None or (newest is not None and newest.state in runs.ACTIVE),
            on_click=_start,
            args=(config, values, settings),
        )
        if newest is None:
            st.caption("No test of this network yet: its curve and its rates will stand here.")
        elif newest.state in runs.ACTIVE:
            st.fragment(_follow, run_every=POLL)(newest)
        else:
            _ended(newest, config)


def _newest(config: RunConfig | None, settings: Settings) -> runs.Run | None:
    if config is None:
        return None
    tests = runs.list_runs(settings.range_tests)
    return next((test for test in tests if test.config.get("backbone") == config.backbone), None)


def _follow(test: runs.Run) -> None:
    with errors_as_sentences("Training"):
        _show_active(test)


def _show_active(test: runs.Run) -> None:
    test = runs.read_run(test.folder.parent, test.id)
    if test.state not in runs.ACTIVE:
        st.rerun(scope="app")
    status = test.status
    if test.state == runs.QUEUED:
        words = "It begins as soon as the runs before it have ended; loading Keras takes seconds."
        st.markdown(f"{badge(test.state)} **{run_title(test)}**  \n{words}")
    else:
        done, total = status.get("step", 0), status.get("steps") or 1
        st.markdown(f"{badge(test.state)} **{run_title(test)}**")
        words = f"{status.get('phase', 'Starting')}: {done:,} of {total:,}"
        st.progress(min(max(done / total, 0.0), 1.0), words)
        st.caption(f"{time_left(status.get('seconds_left'))} · {status.get('device', '')}")
    asked = run_requests.stop_requested(test)
    st.button(
        "Stopping at the next batch" if asked else "Stop the test",
        icon=":material/stop_circle:",
        disabled=asked,
        on_click=_stop,
        args=(test,),
    )
    _chart(test)


def _ended(test: runs.Run, config: RunConfig) -> None:
    st.markdown(f"**{run_title(test)}**  \n:small[{test.created:%d %B %Y, %H:%M} · `{test.id}`]")
    if test.state != runs.FINISHED:
        tell = st.error if test.state == runs.FAILED else st.markdown
        tell(test.problem or test.status.get("message") or "It ended early.")
    metrics = test.metrics()
    base_lr, max_lr = metrics.get("base_lr"), metrics.get("max_lr")
    if max_lr:
        st.markdown(f"Let the learning rate move between **{base_lr:g}** and **{max_lr:g}**.")
    if metrics.get("reason"):
        st.caption(metrics["reason"])
    _chart(test)
    if max_lr:
        _offer(test, config, base_lr, max_lr)


def _offer(test: runs.Run, config: RunConfig, base_lr: float, max_lr: float) -> None:
    tested, wanted = read_range_test(test.config), configure_range_test(config)
    if tested.rate_field != wanted.rate_field:
        st.caption("It tested another part of the network than these settings train: run it anew.")
        return
    others = _differing(tested, wanted)
    if others:
        st.caption(f":orange[Measured with other settings:] {', '.join(others)}.")
    rates = {"cyclical_learning_rate.base_lr": base_lr, "cyclical_learning_rate.max_lr": max_lr}
    sentence = "fills in the bounds of the cyclical schedule"
    if config.schedule != "cyclical":
        rates[wanted.rate_field] = max_lr
        sentence += f" and the {wanted.rate_field.replace('_', ' ')}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Use these",
            key="use-rates",
            icon=":material/check:",
            on_click=_fill_in,
            args=(config, rates),
        )
        st.caption(f"{sentence}, under All settings.")


def _differing(tested: RangeTest, wanted: RangeTest) -> list[str]:
    one, other = tested.model_dump(), wanted.model_dump()
    return [
        name.replace("_", " ")
        for name in one
        if name not in NOT_MEASURED and one[name] != other[name]
    ]


def _chart(test: runs.Run) -> None:
    # Here and not above: plotly takes long to load, and most visitors of the page make no test.
    from core.charts.range_test import loss_against_rate
    from core.charts.theme import CONFIG

    metrics = test.metrics()
    figure = loss_against_rate(test.curve(), metrics.get("base_lr"), metrics.get("max_lr"))
    st.plotly_chart(figure, theme=None, config=CONFIG, key="range-test")


def _fill_in(config: RunConfig, rates: dict[str, float]) -> None:
    # How the keys end that the form gives ``settings_form`` for its widgets; they begin with what
    # the form is for. Only those on the page are found: Streamlit forgets the others.
    for field, rate in rates.items():
        for key in list(st.session_state):
            if str(key).endswith(f"/{config.recipe}/{config.weights}/{field}"):
                st.session_state[key] = rate


# What a button does runs before the page, outside the frame that turns errors into sentences.
def _start(config: RunConfig, values: dict, settings: Settings) -> None:
    with errors_as_sentences("Training"):
        submit_range_test(configure_range_test(config, **values), settings)


def _stop(test: runs.Run) -> None:
    with errors_as_sentences("Training"):
        run_requests.request_stop(test)
