"""The approval rule of a file: the strictest of its kind and the kinds of its follow-ups."""

from backoffice.batches.file.columns import by_name
from backoffice.batches.models import Batch
from backoffice.changes import rules
from backoffice.changes.kinds import file_kind, kind_of, kind_of_file
from backoffice.changes.models import ApprovalRule


def in_force(batch: Batch) -> ApprovalRule:
    """Return the strictest rule of the kinds of change that the file's columns name. It is not stored."""
    kind = kind_of_file(batch.kind)
    known = by_name(file_kind(batch.kind).layout) if kind.follows else {}
    named = {known[name].path.partition(".")[0] for name in batch.mapping if name in known}
    behind = (kind_of(message).slug for message, names in kind.follows.items() if named.intersection(names))
    return rules.together(kind.slug, behind)
