from django.db import migrations

from backoffice.kit.filled_tables import Autovacuum


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0005_in_turn"),
    ]

    operations = [
        # Each delivery is rewritten four times and read by its claims until then: after so many rows, however long the
        # table is. A fifth of it, as PostgreSQL waits for otherwise, would be millions.
        Autovacuum("delivery", vacuum=20_000, analyze=10_000),
        # Written once and finished once.
        Autovacuum("attempt", vacuum=100_000, analyze=100_000),
    ]
