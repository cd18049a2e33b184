from django.db import migrations, models

from backoffice.kit.filled_tables import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("changes", "0009_new_records_by_message"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="change",
            index=models.Index(
                fields=["made_by", "state", "result"],
                condition=models.Q(("batch__isnull", True)),
                name="change_of_maker_by_status",
            ),
        ),
    ]
