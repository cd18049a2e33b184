"""The guided tour of Today: six steps by what a person acts on, shown until they end it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse

from backoffice.audit.operations import record
from backoffice.desk.models import EndedTour
from backoffice.logins.subjects import subject_of

if TYPE_CHECKING:
    from backoffice.logins.models import User


@dataclass(frozen=True)
class Step:
    """One step: what it is about, what a person does there, and the page; `page` empty: Today itself."""

    title: str
    text: str
    page: str = ""
    link: str = ""

    @property
    def url(self) -> str:
        """The address of the page; empty if the step has none."""
        return reverse(self.page) if self.page else ""


SEARCH = Step(
    "Search from any page",
    "Press / and type a user id, a name, a PAN, a mobile number, or C-142, D-142, B-2. Press ? for all keys.",
)
USERS = Step(
    "Look up a retail user",
    "Each user has one page: profile, segments, accounts, limits, and the history of every change.",
    "accounts:list",
    "Open the retail users",
)

#: By a permission that only this role has. The first that a person has is theirs.
TOURS: tuple[tuple[str, Sequence[Step]], ...] = (
    (
        "changes.add_change",
        (
            Step(
                "Start the day on Today",
                "Your drafts, what you submitted, and what came back to you. The page refreshes automatically.",
            ),
            Step(
                "Create a retail user",
                "Choose an onboarding profile and fill in what is left. Errors appear beside each field.",
                "accounts:new",
                "Open the form",
            ),
            Step(
                "Upload a file",
                "A CSV file or a workbook, thousands of rows at once. Fix wrong cells in the portal.",
                "batches:list",
                "Open the batches",
            ),
            Step(
                "Follow your changes",
                "A checker approves each one, then it goes to ODIN. Correct and resubmit what ODIN refused.",
                "changes:mine",
                "Open your changes",
            ),
            USERS,
            SEARCH,
        ),
    ),
    (
        "changes.approve_change",
        (
            Step(
                "Start the day on Today",
                "What waits for you is on top, oldest first. The page refreshes automatically.",
            ),
            Step(
                "Read, then approve",
                "You see what ODIN will get, in words. You cannot approve your own change.",
                "changes:inbox",
                "Open the inbox",
            ),
            Step(
                "Decide a file as a whole",
                "Its page says what will happen, with totals, the largest amounts and a sample of rows.",
                "batches:list",
                "Open the batches",
            ),
            Step(
                "Settle what is unknown",
                "No proper answer came from ODIN. Check there, then say what you found. Money needs two people.",
                "delivery:list",
                "Open the deliveries",
            ),
            USERS,
            SEARCH,
        ),
    ),
    (
        "audit.verify_entry",
        (
            Step(
                "Start the day on Today",
                "Messages to ODIN by hour, and what needs attention. The page refreshes automatically.",
            ),
            Step(
                "Read the trail",
                "Every action with its person, time and reason. Filter it, and download what you filtered.",
                "compliance:list",
                "Open the audit trail",
            ),
            Step(
                "Verify the trail",
                "Entries are sealed in a chain. Verification names the first one that was altered.",
                "compliance:verification",
                "Open the verification",
            ),
            Step(
                "Make an evidence pack",
                "All about one retail user or change in one file, which can be checked without the portal.",
                "compliance:evidence",
                "Open the evidence packs",
            ),
            USERS,
            SEARCH,
        ),
    ),
    (
        "logins.approve_rights",
        (
            Step(
                "Start the day on Today",
                "Messages to ODIN by hour, and what needs attention. The page refreshes automatically.",
            ),
            Step(
                "Keep the staff",
                "Who may log in, and with which role. One admin proposes, another approves.",
                "staff:list",
                "Open the staff",
            ),
            Step(
                "Set approval rules",
                "How many checkers each kind of change needs, and above which amount two.",
                "changes:rules",
                "Open the approval rules",
            ),
            Step(
                "Keep onboarding profiles",
                "Defaults for new retail users by branch or kind of client, in versions.",
                "onboarding:list",
                "Open the profiles",
            ),
            Step(
                "Watch the session with ODIN",
                "Whether the dealer is logged on, and when the password expires. Stop and lift logons here.",
                "odin:session",
                "Open the session",
            ),
            SEARCH,
        ),
    ),
    (
        "trading.check_access",
        (
            Step(
                "Start on Today",
                "A line on top of every page says what stops work, since when, and what to do.",
            ),
            USERS,
            Step(
                "Check a client's access",
                "Open a user and choose Access. The client logs in, and you see what ODIN allows beside the record.",
            ),
            Step(
                "Give a reason for personal data",
                "It is shown for five minutes after you say why, and the audit trail keeps the reason.",
            ),
            Step(
                "Keep your login safe",
                "Change your password, add a second factor, and end sessions that you do not recognise.",
                "mfa_index",
                "Open your login",
            ),
            SEARCH,
        ),
    ),
    (
        "trading.deal",
        (
            Step(
                "Start on Today",
                "A line on top of every page says what stops work, since when, and what to do.",
            ),
            Step(
                "Deal for a client",
                "Choose the client and open their session. It ends when you do not use it.",
                "trading:desk",
                "Open the order desk",
            ),
            Step(
                "Confirm an order in words",
                "You read each order before it goes out. It is sent once, and looked for where no answer came.",
            ),
            Step(
                "Find a security",
                "By symbol, name or ISIN, with lot size and tick from today's scrip master.",
                "markets:search",
                "Open the scrips",
            ),
            USERS,
            SEARCH,
        ),
    ),
    (
        "",
        (
            Step(
                "Start the day on Today",
                "Messages to ODIN by hour, and what needs attention. The page refreshes automatically.",
            ),
            USERS,
            Step(
                "See how far a change is",
                "Draft, submitted, approved, applied or refused: each change says who acts next.",
                "changes:list",
                "Open the changes",
            ),
            Step(
                "See what ODIN answered",
                "Each message to ODIN with its attempts and the answer.",
                "delivery:list",
                "Open the deliveries",
            ),
            Step(
                "Look up limits",
                "Deposits and collateral that ODIN confirmed, with who asked for them and who approved.",
                "limits:list",
                "Open the limits",
            ),
            SEARCH,
        ),
    ),
)


def steps_for(person: "User") -> Sequence[Step]:
    """The steps of a person's tour; none once they ended it."""
    if EndedTour.objects.filter(person=person).exists():
        return ()
    return next(steps for permission, steps in TOURS if not permission or person.has_perm(permission))


def end(*, by: "User") -> None:
    """Show somebody the tour no more. Ending it twice changes nothing."""
    with transaction.atomic():
        _, ended = EndedTour.objects.get_or_create(person=by)
        if ended:
            record(
                "tour.ended",
                by=by,
                subject=subject_of(by),
                text="Ended the guided tour of Today.",
            )
