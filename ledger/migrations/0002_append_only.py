"""The ledger and the history of exports can only be added to and read."""

from django.db import migrations

from asora.kernel.append_only import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        MakeAppendOnly("posting"),
        MakeAppendOnly("entry"),
        MakeAppendOnly("layeruse"),
        MakeAppendOnly("export"),
    ]
