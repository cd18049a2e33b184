from django.db import migrations, models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Upper

from backoffice.audit.search import UserId
from backoffice.kit.filled_tables import AddIndexConcurrently
from backoffice.kit.text_indexes import BeginningIndex, PartIndex

NEW_RECORD = models.Q(("record_version", 0), ("state", "submitted"))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("changes", "0006_fewer_indexes"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="change",
            index=models.Index(fields=["-id"], condition=NEW_RECORD, name="change_new_by_number"),
        ),
        AddIndexConcurrently(
            model_name="change",
            index=BeginningIndex(UserId("subject"), condition=NEW_RECORD, name="change_new_user_id"),
        ),
        AddIndexConcurrently(
            model_name="change",
            index=PartIndex(
                Upper(KeyTextTransform("name", "values", output_field=models.CharField())),
                condition=NEW_RECORD,
                name="change_new_name_part",
            ),
        ),
        AddIndexConcurrently(
            model_name="change",
            index=BeginningIndex(
                Upper(KeyTextTransform("pan", "values", output_field=models.CharField())),
                condition=NEW_RECORD,
                name="change_new_by_pan",
            ),
        ),
    ]
