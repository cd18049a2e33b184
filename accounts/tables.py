"""The list of retail users."""

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any, ClassVar

import django_tables2 as tables
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import NewUser, RetailUser
from accounts.under_way import open_work
from backoffice.kit.file_cells import FileCells, of_values
from backoffice.kit.tables_base import (
    AgoColumn,
    PersonalColumn,
    PickColumn,
    PortalTable,
    StatusColumn,
    record_url,
)
from backoffice.kit.templatetags import portal
from backoffice.protocol.codes import Segment

NOTHING = "–"  # the dash of every empty cell
SEGMENT_NAMES = {segment.value: segment.label for segment in Segment}
#: A row has room for the exchange alone; the hint has the segments.
EXCHANGES = {segment.value: segment.label.split()[0] for segment in Segment} | {
    Segment.MUTUAL_FUND.value: "MF"
}


class RetailUserTable(PortalTable):
    """Retail users as ODIN last confirmed them, with open changes; new ones (`in_front`) come first."""

    user_id = tables.Column(linkify=True, verbose_name="User id", attrs={"td": {"class": "mono nowrap"}})
    group_id = tables.Column(
        verbose_name="Group", order_by=("group_id", "user_id"), attrs={"td": {"class": "mono"}}
    )
    name = tables.Column(verbose_name="Name", attrs={"td": {"class": "nowrap"}})
    pan = PersonalColumn("pan", verbose_name="PAN", orderable=False)
    mobile = PersonalColumn("phone", verbose_name="Mobile", orderable=False)
    status = StatusColumn("retail_user", verbose_name="Status", empty_values=())
    trading_segments = tables.Column(verbose_name="Trading in", orderable=False, empty_values=())
    confirmed_at = AgoColumn(verbose_name="Last confirmed")
    work = tables.Column(verbose_name="Under way", orderable=False, empty_values=())
    manager_id = tables.Column(verbose_name="Manager", orderable=False, attrs={"td": {"class": "mono"}})
    city = tables.Column(verbose_name="City", orderable=False)

    rare = ("manager_id", "city")

    class Meta(PortalTable.Meta):
        model = RetailUser
        fields = (
            "user_id",
            "group_id",
            "name",
            "pan",
            "mobile",
            "status",
            "trading_segments",
            "confirmed_at",
            "work",
        )
        pinned_row_attrs: ClassVar[dict[str, Any]] = {"data-href": record_url}

    def __init__(self, *args: Any, in_front: Sequence[NewUser] = (), **kwargs: Any) -> None:
        self.in_front = in_front
        super().__init__(*args, **kwargs)

    def get_top_pinned_data(self) -> Sequence[NewUser]:
        return self.in_front

    def render_trading_segments(self, record: RetailUser) -> SafeString | str:
        names = _all_segments(record.trading_segments)
        if not names:
            return NOTHING
        exchanges = dict.fromkeys(EXCHANGES.get(segment, segment) for segment in record.trading_segments)
        short = ", ".join(exchanges)
        return format_html('<span class="nowrap" title="{}">{}</span>', names, short)

    def cells_trading_segments(self) -> FileCells:
        """In a file: all segments by name."""
        said = cache(_all_segments)
        return of_values("trading_segments", say=lambda segments: said(tuple(segments)))

    @cached_property
    def work_of_page(self) -> dict[str, list[tuple[str, str]]]:
        """Open changes of the users on this page, by lane."""
        return open_work([row.record.lane for row in self.paginated_rows])

    def render_work(self, record: RetailUser) -> SafeString | str:
        shown = [(portal.status(thing, state),) for thing, state in self.work_of_page.get(record.lane, [])]
        return format_html_join(" ", "{}", shown) if shown else NOTHING

    def cells_work(self) -> FileCells:
        """In a file: the words of the page, for all rows at once."""

        def said(groups: Sequence[str], users: Sequence[str]) -> list[str]:
            lanes = [f"{group}/{user}" for group, user in zip(groups, users, strict=True)]
            words = {
                lane: " ".join(portal.status_word(thing, state) for thing, state in work)
                for lane, work in open_work(set(lanes)).items()
            }
            return [words.get(lane, "") for lane in lanes]

        return FileCells(("group_id", "user_id"), said)


def _all_segments(segments: Sequence[str]) -> str:
    """Their names."""
    return ", ".join(SEGMENT_NAMES.get(segment, segment) for segment in segments)


class RetailUsersToChange(RetailUserTable):
    """Retail users for makers, who may select several."""

    pick = PickColumn(accessor="pk", what="user")

    class Meta(RetailUserTable.Meta):
        sequence = ("pick", "...")

    def render_pick(self, value: int, record: RetailUser | NewUser) -> SafeString | str:
        """A box; none for a new user, who cannot be changed yet."""
        if isinstance(record, NewUser):
            return ""
        return format_html(
            '<input type="checkbox" form="many" name="user" value="{}" data-pick aria-label="Choose {}">',
            value,
            record.lane,
        )


class NewUserTable(RetailUserTable):
    """Only new retail users who do not exist yet, newest first."""

    class Meta(RetailUserTable.Meta):
        model = NewUser  # type: ignore[assignment]  # a table of its own kind
        orderable = False
