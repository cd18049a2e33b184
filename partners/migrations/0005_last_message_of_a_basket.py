from django.db import migrations, models

from backoffice.kit.filled_tables import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("partners", "0004_goes_on")]

    operations = [
        AddIndexConcurrently(
            "invitation",
            models.Index(
                fields=["version", "-last_message_at"],
                condition=models.Q(last_message_at__isnull=False),
                name="invitation_heard",
            ),
        ),
    ]
