import pytest
from django.contrib.auth.models import Permission

from tests.factories import StaffFactory

SEES_EVERYTHING = (
    "view_retailuser",
    "view_limitupdate",
    "view_change",
    "view_delivery",
    "view_entry",
    "add_change",
    "see_personal_data",
    "work_with_personal_data",
)


@pytest.fixture
def reader(client):
    """A member of staff who may see everything, logged in."""
    person = StaffFactory(username="reader")
    person.user_permissions.set(Permission.objects.filter(codename__in=SEES_EVERYTHING))
    client.force_login(person)
    return person
