"""What the migration says where PostgreSQL lacks the extension that finds parts of texts."""

import pytest
from django.contrib.postgres.operations import TrigramExtension
from django.core.exceptions import ImproperlyConfigured
from django.db import NotSupportedError, ProgrammingError

from backoffice.kit.text_indexes import Trigrams


@pytest.mark.parametrize("error", [ProgrammingError("permission denied"), NotSupportedError("not available")])
def test_a_role_that_may_not_create_the_extension_is_told_what_to_do(monkeypatch, error):
    def refuse(*args):
        raise error

    monkeypatch.setattr(TrigramExtension, "database_forwards", refuse)
    with pytest.raises(ImproperlyConfigured, match=r"superuser.*CREATE EXTENSION pg_trgm;"):
        Trigrams().database_forwards("accounts", None, None, None)
