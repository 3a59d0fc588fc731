"""Tables as files: CSV reads back the same numbers, LaTeX and Markdown show what they are given."""

import re
import shutil
import subprocess
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from core.table_files import (
    FORMATS,
    LATEX,
    LONGEST_LINE,
    MOST_LINES,
    csv_text,
    latex_text,
    markdown_text,
)

# Text of anybody -> how it must stand in LaTeX.
ESCAPED = {
    "a_b & 50 % #1 {x} $y$": r"a\_b \& 50 \% \#1 \{x\} \$y\$",
    r"\input{secret}": r"\textbackslash{}input\{secret\}",
    "< 0.001": r"\textless{} 0.001",
    "~^": r"\textasciitilde{}\textasciicircum{}",
    "81.2\N{NO-BREAK SPACE}% ± 1.1 †": r"81.2~\% $\pm$ 1.1 $\dagger$",
    "–": "--",
    "two\nlines": "two lines",
    "[opt]": "{[}opt{]}",
}


def test_csv_keeps_every_digit_and_missing_numbers():
    exact = pd.DataFrame(
        {
            "run": ["a, b", 'c"d'],
            "score": [1 / 3, np.nan],
            "score_low": [0.1 + 0.2, 1e-300],
            "n": pd.array([1218, pd.NA], "Int64"),
        }
    )
    back = pd.read_csv(StringIO(csv_text(exact)), float_precision="round_trip")
    assert list(back["run"]) == ["a, b", 'c"d']
    assert back["score"][0] == 1 / 3 and np.isnan(back["score"][1])
    assert list(back["score_low"]) == [0.1 + 0.2, 1e-300]
    assert back["n"][0] == 1218 and np.isnan(back["n"][1])


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", " =1", "-x"])
def test_a_text_is_no_formula(text):
    written = pd.read_csv(StringIO(csv_text(pd.DataFrame({"run": [text]}))))["run"][0]
    assert written.strip("'") == text and written.startswith("'")


def test_signed_words_stay_as_they_are():
    table = pd.DataFrame({"difference": ["+1.2 (-0.4 to +2.8)", "-3.0"]})
    assert list(pd.read_csv(StringIO(csv_text(table)), dtype=str)["difference"]) == list(
        table["difference"]
    )


@pytest.mark.parametrize("text", ESCAPED)
def test_latex_escapes(text):
    written = latex_text(pd.DataFrame({text: [text]}), text)
    assert written.count(ESCAPED[text]) == 3, written


def test_latex_has_booktabs_rules_and_balanced_braces():
    words = pd.DataFrame({"a": list(ESCAPED), "b": list(ESCAPED)})
    written = latex_text(words, "Scores")
    for rule in (r"\toprule", r"\midrule", r"\bottomrule", r"\end{tabular}", r"\end{table}"):
        assert written.count(rule) == 1
    bare = re.sub(r"\\[{}]", "", written)
    assert bare.count("{") == bare.count("}")
    rows = written.partition(r"\midrule")[2].partition(r"\bottomrule")[0].strip().splitlines()
    assert len(rows) == len(ESCAPED)
    assert all(row.endswith(r"\\") and len(re.findall(r"(?<!\\)&", row)) == 1 for row in rows)


LONG = {
    "a sentence": "A slice of a computed tomography, no X-ray film. " * 6,
    "a word": "20261125-163308-049098-resnet50-quick-498e_" * 8,
    "signs": '_&%$#{}<>|~^[]"\\' * 20,
    "blanks": " " * 200,
}


@pytest.mark.parametrize("kind", LONG)
def test_a_long_text_has_lines_within_its_cell(kind):
    written = latex_text(pd.DataFrame({"why": [LONG[kind]]}), "Long")
    rows = written.partition(r"\midrule")[2].partition(r"\bottomrule")[0].strip()
    cell = rows.removesuffix(r"\\").strip()
    lines = re.sub(r"\\(begin|end)\{tabular\}(\[t\]\{@\{\}l@\{\}\})?", "", cell).split(r"\\")
    assert max(map(len, lines)) <= (20 if kind == "signs" else 2) * LONGEST_LINE
    kept = "".join(line.strip() for line in lines).replace(" ", "")
    assert kept == LONG[kind].translate(LATEX).replace(" ", "")


def test_more_rows_than_fit_on_a_page_make_several_tables():
    words = pd.DataFrame({"run": [f"run {i}" for i in range(2 * MOST_LINES + 3)]})
    written = latex_text(words, "Runs")
    assert written.count(r"\begin{table}") == written.count(r"\toprule") == 3
    assert [f"Runs (part {i} of 3)" in written for i in (1, 2, 3)] == [True] * 3
    found = [int(number) for number in re.findall(r"run (\d+) ", written)]
    assert found == list(range(len(words)))


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="LaTeX is not installed")
@pytest.mark.parametrize("fonts", ["", r"\usepackage[T1]{fontenc}"])
def test_latex_compiles_and_stays_within_the_page(fonts, tmp_path):
    """Tables of eleven columns ran 188 points out of a landscape page."""
    tables = {
        "Narrow & 50 %": pd.DataFrame({"text": list(ESCAPED)}),
        "Wide": pd.DataFrame(
            {f"column {i}": ["92.1\N{NO-BREAK SPACE}% (90.7 to 93.2)"] for i in range(20)}
        ),
        "Long texts": pd.DataFrame({"a": list(LONG), "b": list(LONG.values())}),
        "Many rows": pd.DataFrame({"run": [f"run {i}" for i in range(100)]}),
    }
    page = "".join(latex_text(table, title) for title, table in tables.items())
    (tmp_path / "page.tex").write_text(
        f"\\documentclass{{article}}{fonts}\\usepackage{{booktabs,graphicx}}"
        f"\\begin{{document}}\n{page}\\end{{document}}\n",
        encoding="utf-8",
    )
    made = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", errors="replace",
    )  # fmt: skip
    assert made.returncode == 0 and (tmp_path / "page.pdf").exists(), made.stdout[-1000:]
    assert "Overfull" not in made.stdout and "Float too large" not in made.stdout


def test_markdown_keeps_columns_and_digits():
    words = pd.DataFrame({"run": ["a|b", "<script>", "x*y_z\nq"], "p": ["0.10", "1e5", "–"]})
    lines = markdown_text(words, "My *scores*").splitlines()
    assert lines[0] == r"**My \*scores\***"
    assert len(lines) == 2 + 2 + 3
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 3 for line in lines[2:])
    assert "<" not in "".join(lines) and "0.10" in lines[4] and "1e5" in lines[5]


def test_every_format_writes_an_empty_table():
    empty = pd.DataFrame({"run": [], "score": []})
    for each in FORMATS:
        assert "run" in each.write(empty, empty, "Nothing")
