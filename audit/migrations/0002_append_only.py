"""Audit events can be added and read, and nothing else."""

from django.db import migrations

from asora.kernel.append_only import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [MakeAppendOnly("event")]
