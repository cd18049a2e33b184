"""The appearance of the states of a reconciliation."""

from backoffice.kit.components import Status
from backoffice.reconciliation.models import State

RECONCILIATION = {
    State.UPLOADED.value: Status("Uploaded", "info", "upload", "its uploader: say what the columns mean"),
    State.COMPARING.value: Status("Comparing", "info", "clock"),
    State.COMPARED.value: Status("Compared", "good", "check"),
    State.DISCARDED.value: Status("Discarded", "idle", "trash"),
}
