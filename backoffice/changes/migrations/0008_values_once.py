from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("changes", "0007_indexes_of_new_records"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(  # the column keeps its name
            state_operations=[
                migrations.RenameField(model_name="change", old_name="values", new_name="own_values"),
                migrations.AlterField(
                    model_name="change",
                    name="own_values",
                    field=models.JSONField(
                        db_column="values",
                        default=dict,
                        help_text="What the form held; of a submitted change only what its first message does not say as "
                        "well.",
                    ),
                ),
            ]
        ),
        migrations.AddField(
            model_name="change",
            name="message_adds",
            field=models.JSONField(
                help_text="The fields of its first message that the form did not have. Empty: `own_values` is all of the "
                "form.",
                null=True,
            ),
        ),
    ]
