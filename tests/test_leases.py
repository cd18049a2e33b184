"""One worker holds a row at a time, whatever kind of row; who lost a lease changes nothing any more."""

import uuid
from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from backoffice import leases
from backoffice.exports.models import Export
from backoffice.leases import Leased

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def rows(maker):
    """Two rows that can be leased."""
    for _ in range(2):
        Export.objects.create(kind="audit", asked_by=maker)
    return Export.objects.order_by("pk")


@pytest.fixture
def row(rows):
    return Export.objects.filter(pk=rows[0].pk)


def test_a_free_row_is_taken_once_and_its_columns_with_it(row):
    lease = leases.take(row.filter(leases.free()), MINUTE, done=3)
    assert leases.take(row.filter(leases.free()), MINUTE, done=4) is None
    found = row.get()
    assert (found.lease_token, found.lease_until, found.done) == (lease.token, lease.until, 3)
    assert timezone.now() < lease.until <= timezone.now() + MINUTE


def test_an_expired_row_is_free_again_and_its_first_holder_has_lost_it(row):
    first = leases.take(row, MINUTE)
    row.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert row.filter(leases.expired()).exists()
    second = leases.take(row.filter(leases.free()), MINUTE)
    assert not leases.extend(row, first.token, MINUTE, done=5)
    assert not leases.release(row, first.token, done=5)
    assert (row.get().lease_token, row.get().done) == (second.token, 0)


def test_extending_moves_the_end_and_releasing_frees_the_row_at_once(row):
    lease = leases.take(row, MINUTE)
    assert leases.extend(row, lease.token, 2 * MINUTE, done=1)
    assert row.get().lease_until > lease.until
    assert leases.release(row, lease.token, done=2)
    assert row.filter(leases.free()).exists()
    assert not row.filter(leases.expired()).exists(), "given back is not the same as lost"
    assert row.get().done == 2


def test_several_rows_are_taken_together_or_not(rows):
    assert leases.take(rows.filter(leases.free()), MINUTE, count=3) is None
    Export.objects.update(**leases.ENDED)
    lease = leases.take(Export.objects.filter(leases.free()), MINUTE, count=2)
    assert {found.lease_token for found in rows} == {lease.token}


def test_a_row_that_somebody_stopped_is_not_extended(row):
    lease = leases.take(row, MINUTE)
    assert not leases.extend(row.filter(state="expired"), lease.token, MINUTE)


def test_nobody_extends_a_row_that_nobody_holds(row):
    assert not leases.extend(row, uuid.uuid4(), MINUTE)


def test_no_model_has_a_lease_of_its_own():
    leased = [
        model for model in apps.get_models() if any(f.name == "lease_until" for f in model._meta.fields)
    ]
    assert leased
    assert [model for model in leased if not issubclass(model, Leased)] == []
