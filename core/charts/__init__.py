"""Charts: a table in, a plotly Figure out, in one dark look, for screens from 380 pixels up.

Nothing here reads files or computes scores. Every axis carries its title and, where it counts or
measures, its unit; what colour tells, a dash, a symbol, a pattern or a label tells too. Show the
figures with the theme of the page switched off (``theme=None`` in Streamlit): each carries its own.
"""

from core.charts.colours import CLASS_COLOURS, SERIES_COLOURS, class_colour
from core.charts.comparison import comparison_chart, score_against_time
from core.charts.confusion import confusion_heatmap
from core.charts.curves import overlaid_curves
from core.charts.dataset import age_histogram, class_counts, intensity_histogram
from core.charts.prediction import probability_bars
from core.charts.theme import CONFIG, TEMPLATE_NAME

__all__ = [
    "CLASS_COLOURS",
    "CONFIG",
    "SERIES_COLOURS",
    "TEMPLATE_NAME",
    "age_histogram",
    "class_colour",
    "class_counts",
    "comparison_chart",
    "confusion_heatmap",
    "intensity_histogram",
    "overlaid_curves",
    "probability_bars",
    "score_against_time",
]
