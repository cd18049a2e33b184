"""The kinds of change: the declaration of one (`ChangeKind`), and the registry of all.

Everything about a kind is in one module of the room whose record it changes, `kinds/<slug>.py` or `kinds.py`.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from backoffice.changes.examination import (
    Asked,
    Assess,
    Compose,
    Examined,
    FollowUp,
    Known,
    Records,
    as_given,
)
from backoffice.changes.files import FileKind
from backoffice.changes.models import State
from backoffice.changes.results import Result, of_status
from backoffice.changes.risks import Risk
from backoffice.delivery import handlers
from backoffice.delivery.handlers import Applied, Apply, ApplyMany
from backoffice.kit.components import Beside
from backoffice.kit.sections import Section
from backoffice.masters.names import Unlisted
from backoffice.protocol.fields import Values
from backoffice.protocol.message import REQUESTS, Context, Request, check
from backoffice.protocol.split import split_message

if TYPE_CHECKING:
    from backoffice.changes.entry_form import EntryForm
    from backoffice.changes.models import Change
    from backoffice.logins.models import User

#: The type of messages that stay in the portal.
LOCAL = 0
#: The permissions to propose and to decide kinds without their own.
PROPOSE, DECIDE = "changes.add_change", "changes.approve_change"


def lane_of(values: Values) -> str:
    """Return `GROUP/USER` of the retail user in the values; "" while there is none."""
    group_id, user_id = values.get("group_id", ""), values.get("user_id", "")
    return f"{group_id}/{user_id}" if group_id and user_id else ""


@dataclass(frozen=True)
class MenuEntry:
    """A kind of change in the menu of a retail user's page, under the kind's title.

    `shape` returns the form's sections and initial values for a user. `applies` says for which retail users
    it is offered.
    """

    shape: "Callable[[EntryForm, Values], EntryForm]"
    applies: Callable[[Any], bool] = lambda retail_user: True


@dataclass(frozen=True)
class ChangeKind:
    """A kind of change: everything the portal knows about it, except the declaration of its message.

    Identity: `slug` is its name everywhere, `title` its name for people, `message` what it becomes. `subject`
    says whom or what a change is about, `records` returns what is known of many such subjects, in their
    order: as `Records` if the message may follow others.

    Proposal: `page` gives the address of the form for a subject, `continues` that of a shorter form in which
    a change continues; `menu` is its entry in the menu of a retail user's page, if any. `asks` declares the
    form's fields if they are more than the message's, and `compose` makes the message of them. `files` are
    the files that bring it many at a time.

    Checks: `assess` returns the room's findings on many proposals at once, in their order; `alone` names the
    values for which it looks in waiting proposals: submissions that share one wait for one another. `risks`
    returns flags beyond those from findings. `money`: a wrong decision costs money, so two people settle it;
    `amount` is what it adds, in rupees. `propose` and `decide` are its permissions.

    Display: `effect` describes a message in a few short texts without personal data, if its changed lines do
    not; `sections` are those of its form; `beside` returns further information for a checker, also for
    changes that send this message after others.

    Follow-ups: `follows` are messages of other kinds that one change may send after its own, each with the
    fields that ask for it; `compose` makes them. If the message has no type, only its follow-ups are sent.
    Each is checked and applied by its own kind, against the record as `becomes` says it is after this kind's
    message.

    Application: `apply` updates the record with the confirmed message, and `apply_many` does so for several
    retail users in fewer statements. A kind with `apply_here` stays in the portal: `message` then only
    declares its fields (an abstract request), and the approval itself updates the record, in its transaction;
    `apply_here_many` does so for the rows of a file.
    """

    slug: str
    title: str
    message: type[Request]
    page: Callable[[str], str]
    records: Callable[[Sequence[str]], list[Known]]
    assess: Assess
    subject: Callable[[Values], str] = lane_of
    continues: "Callable[[Change], str] | None" = None
    menu: MenuEntry | None = None
    asks: type[Request] | None = None
    compose: Compose = as_given
    files: tuple[FileKind, ...] = ()
    alone: Callable[[Values], Sequence[str]] = lambda values: ()
    risks: Callable[[Values, Known], set[Risk]] = lambda values, known: set()
    money: bool = False
    amount: Callable[[Values], Decimal | None] | None = None
    effect: Callable[[Values, Values | None], list[str]] | None = None
    sections: tuple[Section, ...] = ()
    beside: "Callable[[Change], Beside] | None" = None
    follows: Mapping[type[Request], Sequence[str]] = field(default_factory=dict)
    becomes: Callable[[Values, Known], Known] = lambda values, known: known
    propose: str = PROPOSE
    decide: str = DECIDE
    apply: Apply | None = None
    apply_many: ApplyMany | None = None
    apply_here: "Callable[[Change, User], Applied] | None" = None
    apply_here_many: "Callable[[Sequence[Change]], None] | None" = None

    @property
    def local(self) -> bool:
        """Whether its changes stay in the portal."""
        return self.apply_here is not None

    @property
    def guards_portal(self) -> bool:
        """Whether it changes rights: a kind with permissions of its own always needs a checker."""
        return self.decide != DECIDE

    def turns(self, subject: str) -> tuple[str, ...]:
        """Return what its submissions and approvals must have to themselves (`changes.turns`).

        That is its subject. Rights of one person depend on those of others, so that all of such a kind wait.
        """
        return (subject, self.slug) if self.guards_portal else (subject,)

    def form_of(self, change: "Change") -> str:
        """Return where a draft continues, or a change starts again."""
        return self.continues(change) if self.continues else self.page(change.subject)

    def known(self, subject: str) -> Known:
        """Return what the portal knows of one record."""
        return self.records([subject])[0]

    def examine(self, many: Sequence[Values], compose: Compose = as_given) -> list[Examined]:
        """Return all findings on many proposals, in their order. Forms, files and everything else use this.

        `compose` makes the given values those of the message. The protocol's rules come first, then names
        that are missing in the master lists, then the room's findings.
        """
        known = self.records([self.subject(values) for values in many])
        asked = [compose(values, record) for values, record in zip(many, known, strict=True)]
        examined = self._judge(asked, known)
        for place, judged in self._judge_follow_ups(asked, known).items():
            one = examined[place]
            one.follow_ups = asked[place].follow_ups
            one.done = one.done and all(each.done for _, each in judged)
            said = {(finding.path, finding.text) for finding in one.findings}
            for follow_up, each in judged:
                for found in each.findings:
                    placed = replace(found, path=follow_up.place(found.path))
                    if (
                        placed.path,
                        placed.text,
                    ) not in said:  # findings on the user are the same for each message
                        said.add((placed.path, placed.text))
                        one.findings.append(placed)
        return examined

    def _judge(self, asked: Sequence[Asked], known: Sequence[Known]) -> list[Examined]:
        unlisted = Unlisted(self.message)
        today, new_limits = timezone.localdate(), settings.ODIN_NEW_LIMIT_STRUCTURE
        examined = []
        for one, record, assessed in zip(asked, known, self.assess(asked, known), strict=True):
            context = Context(today, new_limits, record.values)
            found = [
                *check(self.message, one.values, context),
                *unlisted.findings(one.values),
                *assessed.findings,
            ]
            found = list(dict.fromkeys(found))  # a room may ask another kind, which finds the same
            findings = [*one.findings, *(one.placed(found) if found else ())]
            examined.append(
                Examined(one.values, record, findings, assessed.done, filled_from=one.filled_from)
            )
        return examined

    def _judge_follow_ups(
        self, asked: Sequence[Asked], known: Sequence[Known]
    ) -> dict[int, list[tuple[FollowUp, Examined]]]:
        """Return the findings of follow-ups' own kinds, by the place of the proposal: each kind for all at once."""
        by_kind: defaultdict[str, list[tuple[int, FollowUp]]] = defaultdict(list)
        for place, one in enumerate(asked):
            for follow_up in one.follow_ups:
                by_kind[follow_up.kind].append((place, follow_up))
        found: defaultdict[int, list[tuple[FollowUp, Examined]]] = defaultdict(list)
        for slug, several in by_kind.items():
            other = kind(slug)
            here = sorted({place for place, _ in several if known[place].record is not None})
            # The records of the main message, read once for all of its follow-ups.
            knows = cast(Records, other.records).know
            records = dict(zip(here, knows([known[place].record for place in here]), strict=True))
            then = [self.becomes(asked[place].values, records.get(place, Known())) for place, _ in several]
            judged = other._judge([Asked(follow_up.values) for _, follow_up in several], then)
            for (place, follow_up), each in zip(several, judged, strict=True):
                found[place].append((follow_up, each))
        return found

    def parts(
        self, values: Values, follow_ups: Iterable[FollowUp] = (), *, whole: bool = False
    ) -> list[tuple[int, type[Request], Values]]:
        """Return what is approved: each message with its type, in the order of sending.

        `whole`: for a draft, which may hold anything; each is one message, however long.
        """
        if self.local:
            return [(LOCAL, self.message, values)]
        own = [(self.message, values)] if whole else split_message(self.message, values)
        parts = [(message.type, message, part) for message, part in own if message.type]
        behind = (kind(one.kind).parts(one.values, whole=whole) for one in follow_ups)
        return [*parts, *(part for parts_of_one in behind for part in parts_of_one)]

    def rupees(self, values: Values, follow_ups: Iterable[FollowUp] = ()) -> Decimal | None:
        """Return the rupees that a change adds in all; None if no kind in it adds rupees."""
        added = [self.amount(values)] if self.amount else []
        found = [*added, *(kind(one.kind).rupees(one.values) for one in follow_ups)]
        rupees = [amount for amount in found if amount is not None]
        return sum(rupees, Decimal(0)) if rupees else None

    @property
    def adds_rupees(self) -> bool:
        """Whether a change of this kind may add rupees."""
        return self.amount is not None or any(kind_of(message).adds_rupees for message in self.follows)


KINDS: dict[str, ChangeKind] = {}
#: The first kind of each message; other kinds use the message for a special purpose, as a conversion uses
#: 301.
_BY_MESSAGE: dict[int, str] = {}


def register(*kinds: ChangeKind) -> None:
    """Register kinds, and pass on to delivery how their confirmed messages are applied.

    Call it from `AppConfig.ready` of the room that keeps the records. Raises ValueError if the name is taken.
    """
    for kind in kinds:
        if KINDS.setdefault(kind.slug, kind) is not kind:
            raise ValueError(f"Two kinds of change are called {kind.slug}.")
        if kind.apply:
            _BY_MESSAGE.setdefault(kind.message.type, kind.slug)
            handlers.register(kind.message.type, handlers.Handler(kind.apply, kind.apply_many, kind.money))


def kind(slug: str) -> ChangeKind:
    """Return the kind with this name. Raises KeyError for an unknown one."""
    return KINDS[slug]


def kind_of(message: type[Request]) -> ChangeKind:
    """Return the kind that is just this message. Raises KeyError if no room has it."""
    return kind(_BY_MESSAGE[message.type])


def kinds_of(slug: str, message_types: Iterable[int]) -> list[ChangeKind]:
    """Return the kind of a change, if there is one, and those of its messages, each once."""
    behind = (_BY_MESSAGE[each] for each in message_types if each in _BY_MESSAGE)
    return [KINDS[each] for each in dict.fromkeys([slug, *behind]) if each in KINDS]


def kind_of_part(slug: str, message_type: int) -> ChangeKind | None:
    """Return the kind that corrects one message of a change of this kind; None if only the whole change can."""
    own = KINDS.get(slug)
    if own is None or not own.follows:
        return None
    if message_type == own.message.type:
        return own
    return kind_of(REQUESTS[message_type]) if message_type in {each.type for each in own.follows} else None


def declared(slug: str, message_type: int) -> type[Request]:
    """Return the declaration of a stored message of a change."""
    return REQUESTS[message_type] if message_type != LOCAL else kind(slug).message


def title(slug: str) -> str:
    """Return a kind's title; its slug if no room has it any more."""
    return KINDS[slug].title if slug in KINDS else slug


def status_of(slug: str, state: str, result: str) -> str:
    """Return the status of a change: its result, its state, or *applied* if it is approved and stays in the portal."""
    own = KINDS.get(slug)
    applied_here = state == State.APPROVED and own is not None and own.local
    return Result.APPLIED if applied_here else result or state


def with_status(values: Collection[str]) -> Q:
    """Condition for changes with one of these statuses, as `status_of` says it."""
    return of_status(values, Q(kind__in=[slug for slug, own in KINDS.items() if own.local]))


def _files() -> Iterator[tuple[ChangeKind, FileKind]]:
    return ((kind, file) for kind in KINDS.values() for file in kind.files)


def file_kinds() -> dict[str, FileKind]:
    """The kinds of file, by their name."""
    return {file.slug: file for _, file in _files()}


def file_kind(slug: str) -> FileKind:
    """Return the kind of file with this name. Raises KeyError for an unknown one."""
    return file_kinds()[slug]


def file_title(slug: str) -> str:
    """Return the title of a kind of file; its slug if no room has it any more."""
    files = file_kinds()
    return files[slug].title if slug in files else slug


def applied_here() -> list[str]:
    """Return the kinds of file whose rows the portal itself applies."""
    return [file.slug for kind, file in _files() if kind.local]


def kind_of_file(slug: str) -> ChangeKind:
    """Return the kind of change of each row of such a file. Raises KeyError for an unknown kind of file."""
    return {file.slug: kind for kind, file in _files()}[slug]
