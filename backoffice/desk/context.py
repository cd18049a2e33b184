"""The frame around every page: navigation with counts, environment, ODIN session, banner."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db.models import IntegerField, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import NoReverseMatch, Resolver404, ResolverMatch, resolve, reverse
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from backoffice import __version__
from backoffice.changes import inbox
from backoffice.changes.deciders import visible_to
from backoffice.delivery.models import Delivery
from backoffice.delivery.stops import Stop, stops
from backoffice.delivery.wordings import unread
from backoffice.free_text import COMMENT_LENGTH, REASON_LENGTH
from backoffice.kit import privacy
from backoffice.kit.components import Status, status
from backoffice.logins import step_up
from backoffice.logins.models import User
from backoffice.notices import operations as notices
from backoffice.odin import session
from backoffice.protocol.personal import FORMS


def _sees_connector(user: Any) -> bool:
    """Whether the Connector is switched on and this person has a right to its pages."""
    return settings.CONNECTOR and bool(user.has_perm("partners.monitor_connector"))


def _sees_order_desk(user: Any) -> bool:
    """Whether the order desk is switched on and this person has a right to its pages."""
    return settings.ORDER_DESK and bool(user.has_perm("trading.view_deskorder"))


#: Label, page, icon, permission ("" for every person) or a function that decides. In the order of the work.
NAVIGATION: tuple[tuple[str, str, str, str | Callable[[Any], object]], ...] = (
    ("Today", "desk:today", "today", ""),
    ("Retail users", "accounts:list", "users", "accounts.view_retailuser"),
    ("Batches", "batches:list", "batches", "batches.view_batch"),
    ("Reconciliation", "reconciliation:list", "refresh", "reconciliation.view_reconciliation"),
    ("Changes", "changes:list", "changes", visible_to),
    ("Deliveries", "delivery:list", "deliveries", "delivery.view_delivery"),
    ("Limits", "limits:list", "limits", "limits.view_limitupdate"),
    ("Scrips", "markets:search", "search", "markets.view_scrip"),
    ("Order desk", "trading:desk", "orders", _sees_order_desk),
    ("Connector", "partners:monitor", "link", _sees_connector),
    ("Reports", "reports:show", "chart", "changes.view_change"),
    ("Audit", "compliance:list", "audit", "audit.view_entry"),
    ("Exports", "exports:list", "download", ""),
    ("Staff", "staff:list", "user", "logins.view_user"),
    ("Master lists", "masters:list", "settings", "masters.change_name"),
    ("Column aliases", "batches:aliases", "filter", "batches.change_alias"),
)

#: Rooms whose pages are among the tabs of another one.
WITHIN = {"runs": "partners", "onboarding": "accounts"}
#: Rooms whose pages are reached from the header, not from the navigation.
IN_HEADER = {"notices": "bell", "odin": "session", "dealer": "session", "logins": "login"}

ENVIRONMENTS = {
    "DEMO": "Demonstration: messages go to the stand-in. No real client is touched.",
    "UAT": "Test: messages go to the broker's test ODIN.",
    "LIVE": "Live: messages change the accounts of real clients.",
}


@dataclass(frozen=True)
class NavItem:
    """One entry of the navigation; `count` is the number of things that wait there."""

    label: str
    url: str
    icon: str
    current: bool
    count: int = 0
    count_words: str = ""
    tone: str = "info"


class HowMany(Subquery):
    """The number of rows of a query, as a subquery."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


@dataclass(frozen=True)
class Bell:
    """How much waits for a person, and how much came back to them unread."""

    waiting: int
    back: int

    @property
    def count(self) -> str:
        """The text of the bell: at most two digits."""
        both = self.waiting + self.back
        return "99+" if both >= notices.SHOWN else str(both) if both else ""

    @property
    def words(self) -> str:
        """The counts in words."""
        said = [f"{self.waiting} wait{'s' if self.waiting == 1 else ''} for you"] if self.waiting else []
        said += [f"{self.back} came back"] if self.back else []
        return f"Notices: {', '.join(said) or 'nothing new'}"


def needing_a_person() -> QuerySet[Delivery]:
    """Return the deliveries that need attention."""
    return Delivery.objects.filter(needs_person=True)


class Frame:
    """The values are worked out when the template asks, so that parts of pages and error pages cost no query.

    A full page costs five: two counts of what waits for a person, one of all others, the session's row and
    the gate's.
    """

    #: How long free text may be, for the forms.
    reason_length, comment_length = REASON_LENGTH, COMMENT_LENGTH
    version = __version__
    #: Personal data that a page must not put into an address.
    personal_forms = FORMS

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.environment = settings.PORTAL_ENVIRONMENT
        self.environment_words = ENVIRONMENTS[self.environment]

    @cached_property
    def nav(self) -> list[NavItem]:
        """The pages that are switched on and that this person may see."""
        user = getattr(self._request, "user", None)
        if user is None or not user.is_authenticated:
            return []
        items = []
        for label, name, icon, permission in NAVIGATION:
            if not (
                permission(user) if callable(permission) else not permission or user.has_perm(permission)
            ):
                continue
            try:
                url = reverse(name)
            except NoReverseMatch:
                continue
            count, words, tone = self._count(name)
            if name == "changes:list" and count:
                url = reverse("changes:inbox")
            items.append(NavItem(label, url, icon, self._is_current(name), count, words, tone))
        return items

    @cached_property
    def in_header(self) -> str:
        """The part of the header to which the page belongs: bell, session or login; "" for the navigation's."""
        match = self._match
        if match is None:
            return ""
        own_login = match.view_name.startswith(("mfa_", "account_"))
        return "login" if own_login else IN_HEADER.get(match.namespace, "")

    @property
    def _match(self) -> ResolverMatch | None:
        """The page that the person sees: of a part that a page asks for, the page."""
        htmx: HtmxDetails | None = getattr(self._request, "htmx", None)
        if not htmx or not htmx.current_url_abs_path:
            return self._request.resolver_match
        try:
            return resolve(htmx.current_url_abs_path.partition("?")[0])
        except Resolver404:
            return None

    @cached_property
    def _session(self) -> Any:
        user = getattr(self._request, "user", None)
        return session.status_for_screens() if user is not None and user.is_authenticated else None

    @property
    def session(self) -> Status | None:
        """The dealer session as a pill, for logged-in people; anything that stops sending comes first."""
        if self._session is None:
            return None
        if stopped := next((banner.pill for banner in reversed(self.banners) if banner.pill), ""):
            return Status(stopped, "bad", "unlink")
        shown = status("session", self._session.state)
        return Status(f"ODIN {shown.word.lower()}", shown.tone, shown.icon, shown.who)

    @property
    def session_words(self) -> str:
        """The dealer session in a sentence."""
        return self._session.words if self._session else ""

    @property
    def days_to_expiry(self) -> int | None:
        """Days until the dealer's password expires, if ODIN said so."""
        return self._session.days_to_expiry if self._session else None

    @property
    def step_up_minutes(self) -> float | None:
        """The minutes until re-authentication is due for the next decision; None if it never is."""
        return settings.STEP_UP_MINUTES if step_up.due(self._request) else None

    @cached_property
    def banners(self) -> list[Stop]:
        """What stops work, since when, and what to do."""
        if self._session is None:
            return []
        return stops(self._session)

    @cached_property
    def revealed(self) -> list[tuple[str, datetime, int]]:
        """The retail users whose personal data this person sees for a reason: until when, and the seconds left."""
        if self._session is None:
            return []
        now = timezone.now()
        return [
            (lane, until, 1 + int((until - now).total_seconds()))
            for lane, until in privacy.revealed(self._request.session)
        ]

    @cached_property
    def bell(self) -> Bell | None:
        """What waits for this person or came back; None without a login."""
        if self._session is None:
            return None
        return Bell(self._waiting, self._counts[1])

    @cached_property
    def _waiting(self) -> int:
        """How much waits for this person's decision."""
        return inbox.count(getattr(self._request, "user", None))

    @cached_property
    def _counts(self) -> tuple[int, int, tuple[int, int]]:
        """Return what needs attention, what came back to this person, and a mark of their notices. One query."""
        person: Any = getattr(self._request, "user", None)
        told = notices.open_for(person).values("pk")
        found = User.objects.filter(pk=person.pk).values_list(
            HowMany(needing_a_person().order_by().values("pk")),
            HowMany(unread().order_by().values("pk")),
            HowMany(notices.came_back(person).values("pk")),
            HowMany(told),
            Subquery(told[:1]),
        )
        troubled, new_words, back, held, newest = found.get()
        return troubled + new_words, back, (held, newest or 0)

    @property
    def seen(self) -> str:
        """A mark of the banners, the session and the notices, by which a page detects changes."""
        shown = [str(self.session), self.session_words, *map(str, self.banners), str(self._counts[2])]
        return sha256("\n".join(shown).encode()).hexdigest()[:16]

    def _count(self, name: str) -> tuple[int, str, str]:
        if name == "changes:list":
            return self._waiting, f"{self._waiting} waiting for you", "info"
        if name == "delivery:list":
            count = self._counts[0]
            return count, f"{count} need{'s' if count == 1 else ''} attention", "bad"
        return 0, "", "info"

    def _is_current(self, name: str) -> bool:
        match = self._request.resolver_match
        if match is None:
            return False
        if name.startswith("desk:"):
            return match.view_name == name
        # Pages of rooms among a retail user's tabs belong to the retail user's entry.
        of_a_user = {"group_id", "user_id"} <= match.kwargs.keys()
        room = "accounts" if of_a_user else match.namespace
        return WITHIN.get(room, room) == name.partition(":")[0]


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Context processor: `frame` in every template."""
    return {"frame": Frame(request)}
