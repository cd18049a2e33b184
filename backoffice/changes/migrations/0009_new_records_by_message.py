from django.db import migrations, models
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Upper

from backoffice.kit.filled_tables import AddIndexConcurrently, RemoveIndexConcurrently
from backoffice.kit.text_indexes import BeginningIndex, PartIndex

NEW_RECORD = models.Q(("record_version", 0), ("state", "submitted"))
FIRST = KeyTransform("values", KeyTransform(0, "messages"))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("changes", "0008_values_once"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="change",
            index=PartIndex(
                Upper(KeyTextTransform("name", FIRST, output_field=models.CharField())),
                condition=NEW_RECORD,
                name="change_new_part_of_name",
            ),
        ),
        AddIndexConcurrently(
            model_name="change",
            index=BeginningIndex(
                Upper(KeyTextTransform("pan", FIRST, output_field=models.CharField())),
                condition=NEW_RECORD,
                name="change_new_pan_begins",
            ),
        ),
        RemoveIndexConcurrently(model_name="change", name="change_new_name_part"),
        RemoveIndexConcurrently(model_name="change", name="change_new_by_pan"),
    ]
