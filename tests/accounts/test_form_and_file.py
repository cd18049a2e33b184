"""What is mandatory in a form is mandatory in a file, whatever is known of the user, in ODIN or not."""

import pytest
from django.urls import reverse

from backoffice.batches.kinds import batch_kind
from tests.factories import RetailUserFactory
from tests.html_forms import Page
from tests.uploads import said, uploaded

pytestmark = pytest.mark.django_db

UPDATE = "update_retail_user"
ASHA = {"user_id": "WEBRET1", "group_id": "HO"}
#: Kinds of file for a user who is here, with the cells of a row.
FOR_A_USER = {
    UPDATE: {"city": "Pune"},
    "status": {"status": "S"},
    "user_template": {"template_type": "11", "template_name": "CRP1", "level": "1"},
    "qvl_templates": {"template_name": "ALL", "exchange": "1", "level": "0"},
    "dealer_mapping": {"action": "A", "dealer_group": "HO", "dealer_id": "DEAL1"},
    "square_off": {"action": "1", "periodicity": "3", "mtm": "80"},
    "cash_deposit": {"amount": "100", "product_id": "1", "reference": "R1"},
    "manual_collateral": {"amount": "100", "product_id": "1", "reference": "R1"},
}
#: What nobody knows of the user.
UNKNOWN = [
    (),
    ("manager_id",),
    ("category",),
    ("global_flag", "max_gtd"),
    ("manager_id", "category", "poa"),
]


@pytest.fixture
def as_maker(client, maker, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    client.force_login(maker)
    return client


@pytest.mark.parametrize("slug", FOR_A_USER)
@pytest.mark.parametrize("user_type", ["0", "1"])
@pytest.mark.parametrize("unknown", UNKNOWN, ids=" ".join)
def test_form_and_file_find_the_same_mandatory(as_maker, slug, user_type, unknown):
    empty = {name: None if name == "max_gtd" else "" for name in unknown}
    RetailUserFactory(**{**ASHA, "odin_user_type": user_type, **empty, "unknown_fields": [*unknown]})
    cells = FOR_A_USER[slug]
    (row,) = uploaded(as_maker, slug, {**ASHA, **cells})
    layout = batch_kind(slug).layout
    parts = {f"{layout.single}-0-{name}": [cell] for name, cell in cells.items()} if layout.single else cells
    kind = batch_kind(slug).change_kind
    address = reverse("accounts:change", args=["HO", "WEBRET1", kind])
    page = Page(as_maker.get(address).content.decode())
    answer = as_maker.post(address, page.sent(press="check", **parts))
    wrong = {finding["path"] for finding in row.findings if finding["severity"] == "error"}
    assert (answer.status_code == 200) == bool(wrong), said(row)
    assert all(f'id="id_{path}-finding-0"' in answer.content.decode() for path in wrong)
