"""The one exception for what a person can put right.

Holds ``UserError`` alone. The command line prints its sentence and exits with 2; a page shows it in
a box. Any other exception is a defect of ours and may show a stack trace in a log, never on a page.
"""


class UserError(Exception):
    """One clear sentence: what is wrong, with which file or field, and what to do about it."""
