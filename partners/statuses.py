"""The appearance of the states of this room."""

from backoffice.kit.components import Status
from partners.models.baskets import Stage
from partners.models.consents import ConsentState
from partners.models.invitations import InvitationState
from partners.models.keys import FetchState
from partners.models.registry import MappingState, PartnerState

TABLES = {
    "partner": {
        PartnerState.ACTIVE.value: Status("Active", "good", "check-circle"),
        PartnerState.SUSPENDED.value: Status("Suspended", "warn", "pause"),
        PartnerState.ENDED.value: Status("Ended", "idle", "stop"),
    },
    "basket": {
        Stage.DRAFT.value: Status("Draft", "idle", "pencil", "its maker"),
        Stage.SUBMITTED.value: Status("Submitted", "info", "inbox", "a checker"),
        Stage.REJECTED.value: Status("Rejected", "bad", "x-circle", "its maker"),
        Stage.PUBLISHED.value: Status("Published", "good", "check-circle"),
        Stage.SUPERSEDED.value: Status("Superseded", "idle", "undo"),
        Stage.WITHDRAWN.value: Status("Withdrawn", "idle", "undo"),
        Stage.EXPIRED.value: Status("Expired", "idle", "clock"),
    },
    "invitation": {
        InvitationState.INVITED.value: Status("Invited", "idle", "clock", "the client"),
        InvitationState.OPENED.value: Status("Opened", "info", "eye", "the client"),
        InvitationState.REDIRECTED.value: Status("Redirected", "info", "link", "the client"),
        InvitationState.CHECKED.value: Status("Token checked", "info", "link", "the client"),
        InvitationState.SERVED.value: Status("Basket served", "info", "link", "the client"),
        InvitationState.RETURNED_OK.value: Status(
            "Returned: success", "info", "undo", "order messages: so far only the browser says so"
        ),
        InvitationState.RETURNED_FAILED.value: Status(
            "Returned: failure", "warn", "undo", "order messages: so far only the browser says so"
        ),
        InvitationState.RETURNED_UNCLEAR.value: Status(
            "Returned, unclear", "doubt", "question", "a decision"
        ),
        InvitationState.NOT_RETURNED.value: Status("No callback", "doubt", "question", "order messages"),
        InvitationState.EXECUTED.value: Status("Executed", "good", "check-circle"),
        InvitationState.PART.value: Status("Executed in part", "warn", "check-circle"),
        InvitationState.NOT_EXECUTED.value: Status("Not executed", "idle", "x-circle"),
        InvitationState.EXPIRED.value: Status("Expired", "idle", "clock"),
        InvitationState.REVOKED.value: Status("Revoked", "idle", "stop"),
    },
    "consent": {
        ConsentState.WAITING.value: Status("Waiting", "info", "clock", "the client"),
        ConsentState.ACTIVE.value: Status("In force", "good", "check-circle"),
        ConsentState.REVOKED.value: Status("Revoked", "idle", "stop"),
        ConsentState.REPLACED.value: Status("Replaced", "idle", "undo"),
        ConsentState.ENDED.value: Status("Expired", "idle", "clock"),
    },
    "key_fetch": {
        FetchState.WAITING.value: Status("Waiting", "info", "clock", "the worker"),
        FetchState.ASKED.value: Status("Asked", "info", "link", "the vendor"),
        FetchState.DONE.value: Status("Fetched", "good", "check-circle"),
        FetchState.REFUSED.value: Status("Refused", "bad", "x-circle"),
        FetchState.NOT_SENT.value: Status("Not sent", "warn", "x-circle"),
        FetchState.UNKNOWN.value: Status("Unknown", "doubt", "question", "a decision"),
    },
    "mapping": {
        MappingState.NONE.value: Status("Not known", "idle", "dot"),
        MappingState.CLAIMED.value: Status("Claimed", "warn", "question", "a checker"),
        MappingState.BOUND.value: Status("Bound", "good", "link"),
    },
}
