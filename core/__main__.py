"""`python -m core ...`: the same engine without a browser.

Holds the table of commands and how they speak: progress for people goes to stderr; with --json one
JSON object is the last line of stdout; the exit code is 0 on success, 2 for what a person can put
right, 1 for anything else. What the commands do stands in ``core.commands``.
"""

import argparse
import json
import sys

from core import commands
from core.errors import UserError


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command, from the table in ``core.commands``."""
    parser = argparse.ArgumentParser(prog="python -m core", description=__doc__.splitlines()[0])
    names = parser.add_subparsers(dest="command", required=True, metavar="command")
    for command in commands.COMMANDS:
        child = names.add_parser(command.name, help=command.sentence, description=command.sentence)
        command.add_arguments(child)
        child.add_argument("--json", action="store_true", help="one JSON object as the last line")
        child.set_defaults(run=command.run)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    chosen = build_parser().parse_args(arguments)
    try:
        answer, code = chosen.run(chosen)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        if chosen.json:
            print(json.dumps({"error": str(error)}))
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    if chosen.json:
        print(json.dumps(answer))
    return code


if __name__ == "__main__":
    sys.exit(main())
