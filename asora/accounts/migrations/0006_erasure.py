"""People can be erased: their row is emptied. Addresses are unique among those that are not empty."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_traces_of_sign_ins"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="user",
            name="accounts_user_email_key_key",
        ),
        migrations.AddField(
            model_name="user",
            name="erased_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                condition=models.Q(("email_key", ""), _negated=True),
                fields=("email_key",),
                name="accounts_user_email_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at", None),
                    models.Q(
                        ("email", ""),
                        ("is_active", False),
                        ("last_login", None),
                        ("name", ""),
                        ("reset_sent_at", None),
                    ),
                    _connector="OR",
                ),
                name="accounts_user_erased_is_empty",
            ),
        ),
    ]
