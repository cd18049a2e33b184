"""The lists of limits. Nothing here changes anything."""

from typing import Any

from backoffice.kit.list_view import ListView
from limits.filters import LimitUpdateFilter, SquareOffFilter
from limits.models import LimitUpdate, SquareOffSetting
from limits.reading_views import tabs
from limits.tables import LimitUpdateTable, SquareOffTable


class LimitsView(ListView):
    """Shared by the lists of limits: the permission, and the tabs between them."""

    permission_required = ("accounts.view_retailuser", "limits.view_limitupdate")
    template_name = "limits/list.html"
    title = "Limits"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"tabs": tabs(self.request.path)}


class LimitUpdateList(LimitsView):
    """All limit updates that ODIN confirmed."""

    queryset = LimitUpdate.objects.select_related("retail_user")
    table_class = LimitUpdateTable
    filterset_class = LimitUpdateFilter
    subtitle = "Who raised which limit, and why. Totals hold what ODIN confirmed through the portal."
    nouns = ("limit update", "limit updates")
    search_hint = "Retail user or reference"
    empty_icon = "limits"
    empty_title = "No limit updates yet"
    empty_text = (
        "A cash deposit, notional deposit or manual collateral appears here when ODIN has confirmed it, "
        "with its reference. Deposits made elsewhere do not show."
    )


class SquareOffList(LimitsView):
    """All square-off settings that ODIN confirmed."""

    queryset = SquareOffSetting.objects.select_related("retail_user")
    table_class = SquareOffTable
    filterset_class = SquareOffFilter
    subtitle = "When positions are squared off automatically, one setting for each periodicity."
    nouns = ("setting", "settings")
    search_hint = "Retail user"
    empty_icon = "settings"
    empty_title = "No square-off settings yet"
    empty_text = "A setting appears here when ODIN has confirmed it. Settings made elsewhere do not show."
