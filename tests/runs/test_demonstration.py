"""The runs of the demonstration where nothing is there to make them of; for the whole see tests/tools."""

import pytest
from django.core.management import CommandError, call_command

from backoffice.changes.models import Change
from runs.models import Run

pytestmark = pytest.mark.django_db


def test_without_clients_nothing_is_made(settings, maker, checker):
    settings.PORTAL_ENVIRONMENT = "DEMO"
    settings.CONNECTOR_MODELS = ["3"]
    call_command("demo_runs")
    assert not Run.objects.exists()
    assert not Change.objects.exists()


@pytest.mark.parametrize(("environment", "models"), [("LIVE", ["3"]), ("DEMO", ["1", "2"])])
def test_it_is_for_demonstrations_with_model_3_only(settings, environment, models):
    settings.PORTAL_ENVIRONMENT, settings.CONNECTOR_MODELS = environment, models
    with pytest.raises(CommandError, match="DEMO"):
        call_command("demo_runs")
