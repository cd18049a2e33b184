from typing import Any

from django.db import migrations, models

#: What the files of KYC systems and branches often call a column.
USUAL = {
    "UCC": "user_id",
    "ClientCode": "user_id",
    "ClientId": "user_id",
    "ClientName": "name",
    "GroupCode": "group_id",
    "PANNo": "pan",
    "PANNumber": "pan",
    "MobileNo": "mobile",
    "MobileNumber": "mobile",
    "EmailId": "email",
    "PIN": "pin_code",
    "DOB": "birth_date",
    "Sex": "gender",
    "BranchCode": "branch",
    "DPID": "demat_1_dp_id",
    "BOID": "demat_1_beneficiary_id",
    "BankAccountNo": "bank_1_account_no",
}


def add_usual(apps: Any, schema_editor: Any) -> None:
    """An installation starts with the usual names; administrators change them."""
    alias = apps.get_model("batches", "Alias")
    alias.objects.bulk_create(alias(alias=name, column=column) for name, column in USUAL.items())


class Migration(migrations.Migration):
    dependencies = [("batches", "0004_outcome")]

    operations = [
        migrations.CreateModel(
            name="Alias",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("alias", models.CharField(max_length=100, unique=True)),
                (
                    "column",
                    models.CharField(
                        help_text="The name of the column, as in the template: user_id.", max_length=100
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "aliases",
                "ordering": ["alias"],
                "default_permissions": ("add", "change", "delete", "view"),
            },
        ),
        migrations.RunPython(add_usual, migrations.RunPython.noop),
    ]
