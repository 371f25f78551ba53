"""What an item was called stays what it was called."""

from django.db import migrations

from asora.kernel.append_only import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [MakeAppendOnly("itemrevision")]
