"""The kinds of change: what one is (`ChangeKind`), and the registry of all of them.

Everything about a kind stands in one module of the room whose record it changes, `kinds/<slug>.py` or `kinds.py`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
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
from backoffice.changes.results import Result
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

#: Stands for the type where nothing goes to ODIN.
LOCAL = 0
#: The permissions to propose and to decide what has none of its own.
PROPOSE, DECIDE = "changes.add_change", "changes.approve_change"


def lane_of(values: Values) -> str:
    """`GROUP/USER` of the retail user that the values name; "" where they name none yet."""
    group_id, user_id = values.get("group_id", ""), values.get("user_id", "")
    return f"{group_id}/{user_id}" if group_id and user_id else ""


@dataclass(frozen=True)
class MenuEntry:
    """A kind of change in the menu on the page of a retail user, under the kind's title.

    `shape` gives the form its sections, and what it starts with, by what is known of the user. `applies` says for
    which retail users it is offered.
    """

    shape: "Callable[[EntryForm, Values], EntryForm]"
    applies: Callable[[Any], bool] = lambda retail_user: True


@dataclass(frozen=True)
class ChangeKind:
    """A kind of change: all that the portal knows about it, but for the declaration of its message.

    What it is: `slug` is its name everywhere, `title` what people call it, `message` what it becomes. `subject` says
    whom or what a change is about, `records` what is known of many such subjects, in their order: as `Records` where
    the message may go out behind others.

    How it is proposed: `page` gives the address of the form for a subject, `continues` that of the form in which a
    change goes on, where it is a shorter one; `menu` how the menu on the page of a retail user offers it, if at all.
    `asks` declares what the form asks, where that is more than the message says, and `compose` makes the message of it.
    `files` are the files that bring it many at a time.

    How it is judged: `assess` finds what the room has to say of many proposals at once, in their order; `risks` are
    what a checker should look at twice, beside what findings say. `money`: a wrong word about it costs money, so two
    people settle it; `amount` is what it adds, in rupees. `propose` and `decide` are the permissions for it.

    How it is shown: `effect` says what a message does in a few short texts without personal data, where its changed
    lines do not say it well; `sections` are those of its form; `beside` gives what a checker wants to know
    besides, also of a change that sends this message behind others.

    What goes with it: `follows` are messages of other kinds that one change may send behind its own, each with the
    fields that ask for it; `compose` makes them. A message without a type is not sent itself, and only they are. Each
    is judged and applied by its own kind, against the record as `becomes` says it is after this kind's message.

    What it does: `apply` lets the record take the confirmed message, and `apply_many` does so for several retail users
    in fewer statements. A kind with `apply_here` is the portal's own and nothing goes to ODIN: `message` then only
    declares its fields (an abstract request), and the approval itself lets the record take the values, in its
    transaction; `apply_here_many` does so for the rows of a file.
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
        """Whether nothing goes to ODIN."""
        return self.apply_here is not None

    @property
    def guards_portal(self) -> bool:
        """Whether it changes who may do what: a kind with permissions of its own always needs a checker."""
        return self.decide != DECIDE

    def form_of(self, change: "Change") -> str:
        """Where a draft goes on, or a change starts again."""
        return self.continues(change) if self.continues else self.page(change.subject)

    def known(self, subject: str) -> Known:
        """What the portal knows of one record."""
        return self.records([subject])[0]

    def examine(self, many: Sequence[Values], compose: Compose = as_given) -> list[Examined]:
        """All that is to be said of many proposals, in their order: forms, files and everything else come through here.

        `compose` makes the values that somebody gave those of the message. The protocol's rules come first, then names
        that the master lists do not have, then what the room finds.
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
                    ) not in said:  # of the user itself, each message says the same
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
        """What their own kinds say of follow-ups, by the place of the proposal: each kind of them all at once."""
        by_kind: defaultdict[str, list[tuple[int, FollowUp]]] = defaultdict(list)
        for place, one in enumerate(asked):
            for follow_up in one.follow_ups:
                by_kind[follow_up.kind].append((place, follow_up))
        found: defaultdict[int, list[tuple[FollowUp, Examined]]] = defaultdict(list)
        for slug, several in by_kind.items():
            other = kind(slug)
            here = sorted({place for place, _ in several if known[place].record is not None})
            # The same records as of the own message: they are at hand, and read once for all that goes behind it.
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
        """What is approved: each message that will go out, with its type, in the order in which they go.

        `whole`: of a draft, whose values may be anything, each as one message, however long it is.
        """
        if self.local:
            return [(LOCAL, self.message, values)]
        own = [(self.message, values)] if whole else split_message(self.message, values)
        parts = [(message.type, message, part) for message, part in own if message.type]
        behind = (kind(one.kind).parts(one.values, whole=whole) for one in follow_ups)
        return [*parts, *(part for parts_of_one in behind for part in parts_of_one)]

    def rupees(self, values: Values, follow_ups: Iterable[FollowUp] = ()) -> Decimal | None:
        """What a change adds in all; None where nothing in it is of a kind that adds rupees."""
        added = [self.amount(values)] if self.amount else []
        found = [*added, *(kind(one.kind).rupees(one.values) for one in follow_ups)]
        rupees = [amount for amount in found if amount is not None]
        return sum(rupees, Decimal(0)) if rupees else None

    @property
    def adds_rupees(self) -> bool:
        """Whether a change of this kind may add rupees."""
        return self.amount is not None or any(kind_of(message).adds_rupees for message in self.follows)


KINDS: dict[str, ChangeKind] = {}
#: The first kind of each message: others take it for a purpose of their own, as a conversion takes 301.
_BY_MESSAGE: dict[int, str] = {}


def register(*kinds: ChangeKind) -> None:
    """Make kinds known, and hand down to delivery what their confirmed messages do.

    Called from `AppConfig.ready` of the room that keeps the records. Raises ValueError where the name is taken.
    """
    for kind in kinds:
        if KINDS.setdefault(kind.slug, kind) is not kind:
            raise ValueError(f"Two kinds of change are called {kind.slug}.")
        if kind.apply:
            _BY_MESSAGE.setdefault(kind.message.type, kind.slug)
            handlers.register(kind.message.type, handlers.Handler(kind.apply, kind.apply_many, kind.money))


def kind(slug: str) -> ChangeKind:
    """The kind of this name. Raises KeyError for an unknown one."""
    return KINDS[slug]


def kind_of(message: type[Request]) -> ChangeKind:
    """The kind that is this message alone. Raises KeyError where no room has it."""
    return kind(_BY_MESSAGE[message.type])


def kinds_of(slug: str, message_types: Iterable[int]) -> list[ChangeKind]:
    """The kind of a change, if there is one, and those of its messages, each once."""
    behind = (_BY_MESSAGE[each] for each in message_types if each in _BY_MESSAGE)
    return [KINDS[each] for each in dict.fromkeys([slug, *behind]) if each in KINDS]


def kind_of_part(slug: str, message_type: int) -> ChangeKind | None:
    """The kind of change that corrects one message of a change of this kind; None where only the whole change can."""
    own = KINDS.get(slug)
    if own is None or not own.follows:
        return None
    if message_type == own.message.type:
        return own
    return kind_of(REQUESTS[message_type]) if message_type in {each.type for each in own.follows} else None


def declared(slug: str, message_type: int) -> type[Request]:
    """The declaration of a stored message of a change."""
    return REQUESTS[message_type] if message_type != LOCAL else kind(slug).message


def title(slug: str) -> str:
    """What people call a kind; its slug where no room has it any more."""
    return KINDS[slug].title if slug in KINDS else slug


def status_of(slug: str, state: str, result: str) -> str:
    """The status of a change as `Change.status`, but *applied* for an approved one that stays in the portal."""
    own = KINDS.get(slug)
    applied_here = state == State.APPROVED and own is not None and own.local
    return Result.APPLIED if applied_here else result or state


def _files() -> Iterator[tuple[ChangeKind, FileKind]]:
    return ((kind, file) for kind in KINDS.values() for file in kind.files)


def file_kinds() -> dict[str, FileKind]:
    """The kinds of file, by their name."""
    return {file.slug: file for _, file in _files()}


def file_kind(slug: str) -> FileKind:
    """The kind of file of this name. Raises KeyError for an unknown one."""
    return file_kinds()[slug]


def file_title(slug: str) -> str:
    """What people call a kind of file; its slug where no room has it any more."""
    files = file_kinds()
    return files[slug].title if slug in files else slug


def applied_here() -> list[str]:
    """The kinds of file whose rows the portal itself applies, since nothing of them goes to ODIN."""
    return [file.slug for kind, file in _files() if kind.local]


def kind_of_file(slug: str) -> ChangeKind:
    """The kind of change that each row of such a file is. Raises KeyError for an unknown kind of file."""
    return {file.slug: kind for kind, file in _files()}[slug]
