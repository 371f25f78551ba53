"""The rights that a job was done with, so that what came of it is shown to nobody who has lost one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.AddField(model_name="job", name="rights", field=models.JSONField(null=True)),
    ]
