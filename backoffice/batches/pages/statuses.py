"""The appearance of the states of batches and rows."""

from dataclasses import replace

from backoffice.batches.models import RowState, State
from backoffice.changes.results import Result
from backoffice.kit.components import RESULTS, Status

BATCH = {
    **RESULTS,
    Result.REFUSED.value: replace(RESULTS["refused"], who="its uploader: see the rows"),
    State.UPLOADED.value: Status("Uploaded", "info", "upload", "its uploader: say what the columns mean"),
    State.CHECKING.value: Status("Checking", "info", "clock"),
    State.CHECKED.value: Status("Checked", "info", "pencil", "its uploader: submit or correct"),
    State.SUBMITTED.value: Status("Submitted", "info", "inbox", "a checker"),
    State.APPROVED.value: Status("Approved", "info", "check"),
    State.REJECTED.value: Status("Rejected", "bad", "x-circle", "its uploader: see why"),
    State.WITHDRAWN.value: Status("Withdrawn", "idle", "undo"),
    State.STALE.value: Status("Stale", "warn", "refresh", "its uploader: upload it again"),
    State.EXPIRED.value: Status("Expired", "warn", "clock", "its uploader: upload it again"),
    "first_approval": Status("Approved once", "info", "check"),
    "commented": Status("Comment", "idle", "info"),
    "corrected": Status("Corrected", "info", "pencil"),
    "unreadable": Status("Unreadable", "bad", "x-circle", "its uploader: correct the file, upload it again"),
    "headers_chosen": Status("Headers chosen", "info", "pencil"),
    "hidden_rows": Status("Hidden rows", "info", "pencil"),
    "paused": Status("Paused", "warn", "pause", "whoever paused it"),
}

ROW = {
    RowState.GOOD.value: Status("Good", "good", "check"),
    RowState.WARNED.value: Status("Warnings", "warn", "alert"),
    RowState.WRONG.value: Status("Errors", "bad", "x-circle"),
    RowState.DONE_BEFORE.value: Status("Applied before", "idle", "check-circle"),
    RowState.REJECTED.value: Status("Rejected", "bad", "forbidden"),
}
