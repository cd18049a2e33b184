"""Indexes for beginnings and parts of texts, and the PostgreSQL extension that parts need.

On SQLite, used for the demonstration, both are plain indexes: a search for a part reads row by row.
"""

from typing import Any

from django.contrib.postgres.operations import TrigramExtension
from django.core.exceptions import ImproperlyConfigured
from django.db import NotSupportedError, ProgrammingError, models

#: A search of this many letters finds any part of a text; fewer must be its beginning.
INSIDE_FROM = 3
NO_TRIGRAMS = (
    "The portal finds parts of names through the extension pg_trgm, and the role that migrates may not create it. "
    "Connect to this database as a superuser of PostgreSQL, execute `CREATE EXTENSION pg_trgm;`, and migrate again. "
    "Where PostgreSQL does not know the extension, install the package postgresql-contrib first."
)


class _TextIndex(models.Index):
    """An index of one expression, with a method and a class of operators on PostgreSQL."""

    method = "btree"
    operators = ""

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        """The statement. On PostgreSQL it names the method and the class of operators."""
        if schema_editor.connection.vendor != "postgresql":
            return super().create_sql(model, schema_editor, using=using, **kwargs)
        statement: Any = super().create_sql(model, schema_editor, using=f" USING {self.method}", **kwargs)
        statement.parts["columns"] = f"{statement.parts['columns']} {self.operators}"
        return statement


class BeginningIndex(_TextIndex):
    """For searches by beginning, whatever the collation, and by the whole text."""

    operators = "text_pattern_ops"


class PartIndex(_TextIndex):
    """For searches by any part, from three characters on."""

    method = "gin"
    operators = "gin_trgm_ops"


class Trigrams(TrigramExtension):
    """Creates the extension behind `PartIndex`.

    Raises ImproperlyConfigured if the role may not, and says who may.
    """

    def database_forwards(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().database_forwards(*args, **kwargs)
        except (ProgrammingError, NotSupportedError) as error:
            raise ImproperlyConfigured(NO_TRIGRAMS) from error
