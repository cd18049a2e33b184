from django.db import migrations, models
from django.db.models.functions import Upper

from backoffice.kit.filled_tables import AddIndexConcurrently, RemoveIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("accounts", "0005_new_users"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="retailuser",
            index=models.Index(
                Upper("group_id"),
                "group_id",
                "user_id",
                models.F("id").desc(),
                name="retail_user_in_group_order",
            ),
        ),
        AddIndexConcurrently(
            model_name="retailuser",
            index=models.Index(
                Upper("manager_id"),
                "group_id",
                "user_id",
                models.F("id").desc(),
                name="retail_user_manager_order",
            ),
        ),
        RemoveIndexConcurrently(model_name="retailuser", name="retail_user_by_group"),
        RemoveIndexConcurrently(model_name="retailuser", name="retail_user_by_manager"),
    ]
