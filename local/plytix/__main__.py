"""The simulator alone: `python -m local.plytix --port 8090 --plan free`."""

import typer

from local.plytix.command import serve

typer.run(serve)
