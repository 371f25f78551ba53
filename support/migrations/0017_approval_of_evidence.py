"""One person decides once on one text with its evidence: other evidence under the same text can be approved again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("support", "0016_case_order")]

    operations = [
        migrations.RemoveConstraint(model_name="approval", name="support_approval_once"),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                fields=("draft", "draft_revision", "ticket_revision", "text_hash", "decided_by"),
                name="support_approval_once",
            ),
        ),
    ]
