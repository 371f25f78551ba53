"""The rights that a job ran with, so that its result is hidden from people who have lost one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.AddField(model_name="job", name="rights", field=models.JSONField(null=True)),
    ]
