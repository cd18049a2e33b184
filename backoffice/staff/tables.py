"""The list of staff."""

import django_filters
import django_tables2 as tables
from django.db.models import Q, QuerySet

from backoffice.kit.filters import Filters, SearchFilter, YesNoFilter
from backoffice.kit.tables_base import AgoColumn, IdColumn, PortalTable, YesNoColumn
from backoffice.logins.models import User
from backoffice.staff.kinds.rights import Role, roles_of


class StaffTable(PortalTable):
    """Members of staff with their roles."""

    username = IdColumn(verbose_name="User name")
    name = tables.Column(accessor="get_full_name", verbose_name="Name", orderable=False)
    roles = tables.Column(accessor="groups", verbose_name="Roles", orderable=False, empty_values=())
    is_active = YesNoColumn(verbose_name="May log in")
    last_login = AgoColumn(verbose_name="Last login")

    class Meta(PortalTable.Meta):
        model = User
        fields = ("username", "name", "roles", "is_active", "last_login")

    def render_roles(self, record: User) -> str:
        return ", ".join(roles_of(record)) or "–"


class StaffFilter(Filters):
    """Quick search by name; the role, and whether the person may log in."""

    q = SearchFilter(label="Name", method="search")
    role = django_filters.ChoiceFilter(
        label="Role", field_name="groups__name", choices=[(role.value, role.label) for role in Role]
    )
    is_active = YesNoFilter(label="May log in")

    class Meta:
        model = User
        fields = ("q", "role", "is_active")

    def search(self, queryset: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        """By a part of the user name or of the name."""
        text = value.strip()
        fits = Q(username__icontains=text) | Q(first_name__icontains=text) | Q(last_name__icontains=text)
        return queryset.filter(fits)
