"""Addresses get one folded form, by which they are looked up and kept unique."""

import sys

from django.db import migrations, models

import asora.accounts.models.addresses
from asora.accounts.models.addresses import fold_address


def fold(apps, schema_editor):
    """Give every row its key. If two people share a key, the first gets it, and the other a key that nobody can type."""
    taken = set()
    for user in apps.get_model("accounts", "User").objects.order_by("pk"):
        key = fold_address(user.email)
        if key and key in taken:
            key = f"{key}#{user.ref}"
            sys.stderr.write(
                f"The address of person {user.ref} is the address of another person in another spelling. "
                f"Invite {user.ref} again with an address of their own.\n"
            )
        taken.add(key)
        type(user).objects.filter(pk=user.pk).update(email_key=key)
    waiting = set()
    for invitation in apps.get_model("accounts", "Invitation").objects.order_by("pk"):
        key = fold_address(invitation.email)
        if key and key in waiting:
            key = f"{key}#{invitation.ref}"
        waiting.add(key)
        type(invitation).objects.filter(pk=invitation.pk).update(email_key=key)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_when_a_reset_was_sent"),
    ]

    operations = [
        migrations.AddField("user", "email_key", asora.accounts.models.addresses.AddressKeyField()),
        migrations.AddField("invitation", "email_key", asora.accounts.models.addresses.AddressKeyField()),
        migrations.RunPython(fold, migrations.RunPython.noop),
        migrations.RemoveConstraint("user", "accounts_user_email"),
        migrations.RemoveConstraint("invitation", "accounts_invitation_open_once"),
        migrations.AddConstraint(
            "user", models.UniqueConstraint(fields=["email_key"], name="accounts_user_email_key_key")
        ),
        migrations.AddConstraint(
            "user",
            models.CheckConstraint(
                condition=(models.Q(email="") & models.Q(email_key=""))
                | (~models.Q(email="") & ~models.Q(email_key="")),
                name="accounts_user_email_key_made",
            ),
        ),
        migrations.AddConstraint(
            "invitation",
            models.UniqueConstraint(
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                fields=["email_key"],
                name="accounts_invitation_open_once",
            ),
        ),
        migrations.AddConstraint(
            "invitation",
            models.CheckConstraint(
                condition=(models.Q(email="") & models.Q(email_key=""))
                | (~models.Q(email="") & ~models.Q(email_key="")),
                name="accounts_invitation_email_key_made",
            ),
        ),
    ]
