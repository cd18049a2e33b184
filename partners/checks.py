"""Checks of the Connector's guards in the database (`check --deploy --database default`)."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from backoffice import guarding
from partners.guards import guards


@register(Tags.database, deploy=True)
def guarded(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Whether the triggers of this room are there."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if gone := guarding.missing(connection, guards(connection.vendor)):
            words = f"Triggers are missing or switched off: {', '.join(gone)}."
            hint = "Run manage.py migrate as the owner of the tables, and find out who took them away."
            found.append(Error(words, hint=hint, id="portal.E046"))
    return found
