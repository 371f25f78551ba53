"""Find tickets by the request that they are about, and what an erased person left, without reading all rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0004_confirmations_need_a_note"),
        ("support", "0014_unwanted_mail"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(
                condition=models.Q(("person", ""), _negated=True),
                fields=["person"],
                name="support_participant_person",
            ),
        ),
        migrations.AddIndex(
            model_name="requiredinfo",
            index=models.Index(
                condition=models.Q(("author", ""), _negated=True),
                fields=["author"],
                name="support_requiredinfo_author",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("about", ""), _negated=True),
                fields=["about"],
                name="support_ticket_about",
            ),
        ),
    ]
