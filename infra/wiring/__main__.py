"""`python -m infra.wiring cdk.out`: says what of the wiring is missing. Exit 0 nothing, 1 something, 2 wrong use."""

from __future__ import annotations

import sys
from pathlib import Path

from infra.wiring.assembly import Assembly, TemplateError
from infra.wiring.check import findings


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m infra.wiring FOLDER    (of templates, e.g. cdk.out)", file=sys.stderr)
        return 2
    try:
        found = findings(Assembly.read(Path(arguments[0])))
    except TemplateError as error:
        print(error, file=sys.stderr)
        return 2
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
