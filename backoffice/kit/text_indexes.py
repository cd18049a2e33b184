"""Indexes of texts by their beginning and by any part of them, and the extension of PostgreSQL that parts need.

On SQLite, which is for the demonstration, both are plain indexes: a part of a text is looked for row by row there.
"""

from typing import Any

from django.contrib.postgres.operations import TrigramExtension
from django.core.exceptions import ImproperlyConfigured
from django.db import NotSupportedError, ProgrammingError, models

#: From so many letters on they may stand anywhere in a text; fewer must begin it.
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
    """Answers what a text begins with (`begins`), whatever the collation, and whole texts."""

    operators = "text_pattern_ops"


class PartIndex(_TextIndex):
    """Answers what a text contains, begins or ends with, from three characters on."""

    method = "gin"
    operators = "gin_trgm_ops"


class Trigrams(TrigramExtension):
    """Creates the extension behind `PartIndex`.

    Raises ImproperlyConfigured where the role may not, and says who may.
    """

    def database_forwards(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().database_forwards(*args, **kwargs)
        except (ProgrammingError, NotSupportedError) as error:
            raise ImproperlyConfigured(NO_TRIGRAMS) from error
