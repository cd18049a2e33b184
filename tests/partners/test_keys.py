"""API keys of partners (C39, C54): an approved fetch, once, from the stand-in; what is refused, and what is kept."""

import uuid

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from backoffice.audit.models import Entry
from backoffice.changes.errors import ChangeError, HasErrors, NotAllowed
from backoffice.connector.api import token_check
from backoffice.protocol.secret import SecretText
from backoffice.rest import client as rest_client
from backoffice.rest.api.outcome import OutcomeKind
from backoffice.rest.config import rest_config, using
from partners import key_fetches, keys, registry, switches, tasks, tokens
from partners.errors import ConnectorProblem
from partners.models import ApiKey, ConnectorFinding, KeyFetch, Partner, TwoWayToken
from partners.models.keys import FetchState, KeyType
from standins.connector import ConnectorStandIn
from standins.rest import RestStandIn
from tests.partners.conftest import TOKEN, approve, entry
from tests.partners.test_guards import refused

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS = [{"code": "GROWTH", "name": "Growth", "algo_id": "ALGO1"}]


@pytest.fixture
def services(settings, portal_url):
    """Both stand-ins beside the portal, which serves the token check while a fetch waits."""
    settings.CONNECTOR_MODELS = ["1", "2", "3"]
    with (
        RestStandIn(api_key="key-of-the-broker", x_api_key="key-of-the-broker") as rest,
        ConnectorStandIn(portal=portal_url, application_token=TOKEN, rest=rest.home) as connector,
    ):
        settings.CONNECTOR_KEYS_URL = connector.home.rstrip("/")
        settings.REST_BASE_URL = rest.base
        settings.REST_API_KEY = settings.REST_X_API_KEY = "key-of-the-broker"
        connector.rest = rest
        yield connector


@pytest.fixture
def desk(services, maker, checker):
    """A research desk with model 3, whose keys may be for the stand-in of the REST API."""
    return propose_desk(maker, checker, hosts=f"127.0.0.1:{services.rest.port}")


def propose_desk(maker, checker, **changed):
    values = entry(models=["1", "2", "3"], products=PRODUCTS, **changed)
    approve(registry.propose(values, by=maker, reason="Model 3", token=uuid.uuid4()), checker)
    return Partner.objects.get(code="desk")


def propose(desk, maker):
    return key_fetches.propose(desk, by=maker, reason="First keys", token=uuid.uuid4())


def fetch(desk, maker, checker):
    """Propose, approve, and let the worker's task fetch."""
    approve(propose(desk, maker), checker)
    tasks.fetch_keys()
    return KeyFetch.objects.first()


def test_an_approved_fetch_brings_sealed_keys_that_open_the_api(desk, services, maker, checker):
    change = propose(desk, maker)
    approve(change, checker)
    assert services.store.calls() == []  # the approval itself asks for nothing
    assert tasks.fetch_keys() == 1
    done = KeyFetch.objects.get()
    assert (done.state, done.change_id) == (FetchState.DONE, change.pk)
    given = {one.type: one for one in ApiKey.objects.all()}
    assert given.keys() == {"interactive", "broadcast", "omex"}
    assert [bool(one.sealed_secret) for one in given.values()] == [kind == "omex" for kind in given]
    config = keys.interactive(desk)
    assert (config.base_url, config.api_key) == (services.rest.base, config.x_api_key)
    stored = str(list(ApiKey.objects.values())) + str(list(Entry.objects.values())) + done.words
    assert config.api_key.reveal() not in stored
    assert given["interactive"].fingerprint in done.words
    with using(config):
        assert logged_in(services.rest)
    assert rest_config().api_key.reveal() == "key-of-the-broker"
    assert tasks.fetch_keys() == 0


def logged_in(rest):
    values = {
        "user_id": "DEMO1",
        "password": SecretText("Demo#2026"),
        "login_type": "PASSWORD",
        "second_auth_type": "TOTP",
        "second_auth": SecretText(rest.people.keys("DEMO1").totp),
    }
    return rest_client.login(values).outcome.kind is OutcomeKind.SUCCESS


def test_a_fetch_again_replaces_the_keys_and_empties_the_old_ones(desk, services, maker, checker):
    fetch(desk, maker, checker)
    first = keys.interactive(desk)
    fetch(desk, maker, checker)
    second = keys.interactive(desk)
    assert first.api_key.reveal() != second.api_key.reveal()
    assert set(ApiKey.objects.exclude(replaced_at=None).values_list("sealed_key", "sealed_secret")) == {
        ("", "")
    }
    with using(first):
        assert not logged_in(services.rest)
    with using(second):
        assert logged_in(services.rest)


@pytest.mark.parametrize(
    ("fault", "options", "state", "words"),
    [
        ("keys_foreign_endpoint", {}, FetchState.REFUSED, "a host that the registry does not list"),
        ("keys_refused", {}, FetchState.REFUSED, "The vendor gave no keys"),
        ("forged_token", {}, FetchState.REFUSED, "The vendor gave no keys"),
        ("keys_garbage", {}, FetchState.UNKNOWN, "may have made new keys"),
        ("keys_slow", {"seconds": 1.0}, FetchState.UNKNOWN, "may have made new keys"),
    ],
)
def test_what_is_not_taken_leaves_the_present_keys_and_a_finding(
    desk, services, settings, maker, checker, fault, options, state, words
):
    fetch(desk, maker, checker)
    before = keys.interactive(desk).api_key.reveal()
    settings.CONNECTOR_TOTAL_TIMEOUT = 0.5 if options else 10
    services.faults.add(fault, **options)
    done = fetch(desk, maker, checker)
    assert done.state == state
    assert words in done.words
    assert ConnectorFinding.objects.get(kind="keys").text.endswith(done.words)
    assert keys.interactive(desk).api_key.reveal() == before
    calls = [one for one in services.store.calls() if one["call"] == "apiKeys"]
    tasks.fetch_keys()  # nothing is asked for again
    assert [one for one in services.store.calls() if one["call"] == "apiKeys"] == calls


def test_a_vendor_that_is_away_means_not_sent(desk, settings, maker, checker):
    settings.CONNECTOR_KEYS_URL = "http://127.0.0.1:9"
    done = fetch(desk, maker, checker)
    assert done.state == FetchState.NOT_SENT
    assert "Nothing was sent" in done.words


def test_a_fetch_whose_worker_died_is_unknown_and_not_repeated(desk, services, maker, checker):
    approve(propose(desk, maker), checker)
    KeyFetch.objects.update(state=FetchState.ASKED, asked_at="2026-01-01T00:00:00Z")
    assert tasks.fetch_keys() == 0
    assert KeyFetch.objects.get().state == FetchState.UNKNOWN
    assert services.store.calls() == []
    propose(desk, maker)  # a new fetch is a new change


def test_a_fetch_takes_two_people_and_an_open_partner(desk, maker, checker):
    change = propose(desk, maker)
    with pytest.raises(NotAllowed):
        approve(change, maker)
    approve(change, checker)
    with pytest.raises(HasErrors) as under_way:
        propose(desk, maker)
    assert "under way" in under_way.value.findings[0].text
    KeyFetch.objects.update(state=FetchState.NOT_SENT, ended_at="2026-01-01T00:00:00Z")
    waiting = propose(desk, maker)
    Partner.objects.update(state="suspended")
    with pytest.raises(ChangeError):
        approve(waiting, checker)
    assert KeyFetch.objects.count() == 1


def test_a_switch_on_model_3_stops_a_fetch_and_its_token_check(desk, services, maker, checker):
    approve(propose(desk, maker), checker)
    token = tokens.mint("api_keys", desk)
    switches.throw("model", "3", by=maker, reason="Stop model 3")
    assert not tokens.check(token_check.TokenCheck(token, "", SecretText("")))
    tasks.fetch_keys()
    assert KeyFetch.objects.get().state == FetchState.NOT_SENT
    assert services.store.calls() == []
    assert TwoWayToken.objects.get().uses_left == 1


def test_without_a_key_or_with_one_for_a_host_that_was_dropped_nothing_is_sent(desk, maker, checker):
    with pytest.raises(ConnectorProblem, match="has no interactive key"):
        keys.interactive(desk)
    fetch(desk, maker, checker)
    desk.hosts = ["keys.example"]
    with pytest.raises(ConnectorProblem, match="a host that the registry does not list"):
        keys.interactive(desk)


def test_the_registry_takes_model_3_only_with_algo_ids_and_hosts(maker, checker):
    for changed, words in (
        ({"hosts": "keys.example"}, "algo id for GROWTH"),
        ({"products": PRODUCTS}, "hosts that keys may be for"),
        ({"products": [], "hosts": "keys.example"}, "Model 3 needs a product"),
        ({"products": PRODUCTS, "hosts": "https://keys.example"}, "is not a host"),
        ({"products": PRODUCTS, "hosts": "*.example"}, "is not a host"),
    ):
        values = entry(models=["3"], **changed)
        with pytest.raises(HasErrors) as wrong:
            registry.propose(values, by=maker, reason="Model 3", token=uuid.uuid4())
        assert words in " ".join(one.text for one in wrong.value.findings)
    assert propose_desk(maker, checker, hosts="keys.example:8443").models_allowed == ["1", "2", "3"]


def test_the_page_of_the_partner_shows_fingerprints_and_proposes_a_fetch(desk, maker, checker, client):
    client.force_login(maker)
    page = client.get("/partners/partner/desk/").content.decode()
    assert "No keys yet" in page
    client.post("/partners/partner/desk/keys/", {"reason": "First keys"})
    client.post("/partners/partner/desk/keys/", {"reason": "First keys"})  # a double click is one change
    change = key_fetches.Change.objects.get(kind="connector_keys")
    approve(change, checker)
    tasks.fetch_keys()
    key = ApiKey.objects.get(type=KeyType.INTERACTIVE)
    page = client.get("/partners/partner/desk/").content.decode()
    assert key.fingerprint in page
    assert "Fetch keys again" in page
    assert key.sealed_key not in page
    assert keys.interactive(desk).api_key.reveal() not in page


def test_the_checks_say_what_model_3_lacks(settings):
    settings.CONNECTOR_MODELS = ["3"]
    settings.REST_BASE_URL = settings.CONNECTOR_KEYS_URL = ""
    with pytest.raises(SystemCheckError, match="CONNECTOR_KEYS_URL is empty"):
        call_command("check")


def test_the_database_takes_no_fetch_and_no_key_without_an_approved_change(desk, maker):
    change = propose(desk, maker)
    refused(lambda: KeyFetch.objects.create(partner=desk, change=change))
    key = {
        "type": "omex",
        "sealed_key": "x",
        "endpoint": "https://keys.example",
        "fetched_at": change.created_at,
    }
    refused(lambda: ApiKey.objects.create(partner=desk, change=change, **key))
