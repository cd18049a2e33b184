"""What the frame around every page shows: navigation with counts, environment, ODIN session, banner."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from backoffice.changes.models import Change
from backoffice.changes.models import State as ChangeState
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State as DeliveryState
from backoffice.odin import session
from backoffice.screens.components import Status, status
from backoffice.screens.formats import ist

#: Label, page, icon, permission ("" for everybody who is logged in). In the order of the work.
NAVIGATION = (
    ("Today", "screens:today", "today", ""),
    ("Retail users", "accounts:list", "users", "accounts.view_retailuser"),
    ("Changes", "changes:list", "changes", "changes.view_change"),
    ("Deliveries", "delivery:list", "deliveries", "delivery.view_delivery"),
    ("Limits", "limits:list", "limits", "limits.view_limitupdate"),
    ("Audit", "audit:list", "audit", "audit.view_entry"),
)

ENVIRONMENTS = {
    "DEMO": "Demonstration: messages go to the stand-in. No real client is touched.",
    "UAT": "Test: messages go to the broker's test ODIN.",
    "LIVE": "Live: messages change the accounts of real clients.",
}


@dataclass(frozen=True)
class NavItem:
    """One entry of the navigation; `count` is what waits behind it."""

    label: str
    url: str
    icon: str
    current: bool
    count: int = 0
    count_words: str = ""
    tone: str = "info"


@dataclass(frozen=True)
class Banner:
    """What stops work: since when, and what to do."""

    title: str
    text: str


def waiting_for(user: Any) -> QuerySet[Change]:
    """The submitted changes that this person may approve or reject: never their own."""
    if not user.has_perm("changes.approve_change"):
        return Change.objects.none()
    return Change.objects.filter(state=ChangeState.SUBMITTED).exclude(made_by=user)


def needing_a_person() -> QuerySet[Delivery]:
    """The deliveries that do not go on by themselves."""
    return Delivery.objects.filter(Q(needs_person=True) | Q(state=DeliveryState.ON_HOLD))


class Frame:
    """Everything is worked out when the template asks, so a part of a page or an error page costs no query.

    A full page costs three: two counts and the session's row.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.environment = settings.PORTAL_ENVIRONMENT
        self.environment_words = ENVIRONMENTS[self.environment]

    @cached_property
    def nav(self) -> list[NavItem]:
        """The pages that exist here and that this person may see."""
        user = getattr(self._request, "user", None)
        if user is None or not user.is_authenticated:
            return []
        items = []
        for label, name, icon, permission in NAVIGATION:
            if permission and not user.has_perm(permission):
                continue
            try:
                url = reverse(name)
            except NoReverseMatch:
                continue
            count, words, tone = self._count(name, user)
            items.append(NavItem(label, url, icon, self._is_current(name), count, words, tone))
        return items

    @cached_property
    def _session(self) -> Any:
        user = getattr(self._request, "user", None)
        return session.status_for_screens() if user is not None and user.is_authenticated else None

    @property
    def session(self) -> Status | None:
        """The dealer session as a pill, for those who are logged in."""
        if self._session is None:
            return None
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
    def banner(self) -> Banner | None:
        """What stops work, if anything does."""
        if self._session is None or self._session.state != "stopped":
            return None
        since = f" since {ist(self._session.since, 'minute')}" if self._session.since else ""
        return Banner(
            f"Logons to ODIN are stopped{since}.",
            f"{self._session.words} Nothing is lost: approved messages wait until an admin lifts the stop.",
        )

    def _count(self, name: str, user: Any) -> tuple[int, str, str]:
        if name == "changes:list":
            count = waiting_for(user).count() if user.has_perm("changes.approve_change") else 0
            return count, f"{count} waiting for you", "info"
        if name == "delivery:list":
            count = needing_a_person().count()
            return count, f"{count} need{'s' if count == 1 else ''} a person", "bad"
        return 0, "", "info"

    def _is_current(self, name: str) -> bool:
        match = self._request.resolver_match
        if match is None:
            return False
        return (
            match.view_name == name
            if name.startswith("screens:")
            else match.namespace == name.partition(":")[0]
        )


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Context processor: `frame` in every template."""
    return {"frame": Frame(request)}
