"""The status of a file: how many messages were refused, and red only where nothing was applied."""

import pytest

from backoffice.batches.chip import chip


@pytest.mark.parametrize(
    ("state", "counts", "shown"),
    [
        ("refused", {"applied": 357, "refused": 3}, ("3 refused", "warn")),
        ("refused", {"refused": 1200}, ("1,200 refused", "bad")),
        ("refused", {}, ("Refused by ODIN", "bad")),
        ("sent", {"applied": 1, "refused": 1, "queued": 1}, ("Sent", "info")),
        ("applied", {"applied": 2}, ("Applied", "good")),
    ],
)
def test_a_file_with_some_refused_messages_says_how_many(state, counts, shown):
    found = chip(state, counts)
    assert (found.word, found.tone) == shown
