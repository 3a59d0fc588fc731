"""Charts: a table in, a plotly Figure out, in one dark look, for screens from 380 pixels up.

Nothing here reads files or computes scores. Every axis carries its title and, where it counts or
measures, its unit; what colour tells, a dash, a symbol, a pattern or a label tells too. Show the
figures with the theme of the page switched off (``theme=None`` in Streamlit): each carries its own.

Import from the module that has the chart: this file loads none of them, because the frame of every
page wants the colours and nothing of plotly.
"""
