"""The report of a study: one self-contained HTML file that opens with no network.

Holds ``write_report``. What a report says stands in ``core.evaluation.report_sections``, how it
looks in the folder ``report_template``: a page, its style and the script that draws its charts.
Everything that comes from run folders is escaped, and the page forbids itself to load anything.
"""

import json
import secrets
from itertools import count
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from core.charts.print_colours import on_paper
from core.evaluation.report_facts import Facts
from core.evaluation.report_sections import sections
from core.words import NOT_FOR_DIAGNOSIS

TEMPLATE = Path(__file__).with_name("report_template")


def write_report(facts: Facts) -> str:
    """The report on ``facts`` as the text of an HTML file, about 5 MB, most of it plotly.js."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    numbers = count(1)
    return environment.get_template("report.html").render(
        facts=facts,
        sections=sections(facts),
        not_for_diagnosis=NOT_FOR_DIAGNOSIS,
        style=_part("report.css"),
        script=_part("report.js"),
        plotly=Markup(get_plotlyjs()),
        on_paper=_in_script(json.dumps(on_paper())),
        figure=lambda figure: _in_script(figure.to_json()),
        counter=lambda: next(numbers),
        # Only scripts that carry it run, whatever else might find its way into the page.
        nonce=secrets.token_urlsafe(16),
    )


def _part(name: str) -> Markup:
    return Markup((TEMPLATE / name).read_text(encoding="utf-8"))


def _in_script(text: str) -> Markup:
    """JSON in which nothing can end the element that it stands in."""
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)
