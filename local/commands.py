"""The commands that an installation with the twin adds to `bridge` (entry points in pyproject.toml)."""

from local.plytix.command import plytix
from local.twin_commands import twin

__all__ = ["plytix", "twin"]
