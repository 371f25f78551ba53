"""Message-IDs of answers, faults of outgoing mails, and the order of their states, which a trigger checks."""

import django.db.models.deletion
from django.db import migrations, models

MOVES = """
CREATE FUNCTION public.support_outboundmail_moves() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'outgoing mails are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.message_id, NEW.participant_id, NEW.header_id) IS DISTINCT FROM
       (OLD.id, OLD.message_id, OLD.participant_id, OLD.header_id)
    THEN
        RAISE EXCEPTION 'the message of a mail and who gets it never change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'sent' THEN
        RAISE EXCEPTION 'a mail that was sent never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'failed' AND NEW.state <> 'queued' THEN
        RAISE EXCEPTION 'a mail that failed has to be queued again' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
ROWS = """
CREATE TRIGGER support_outboundmail_moves BEFORE UPDATE OR DELETE ON support_outboundmail
FOR EACH ROW EXECUTE FUNCTION public.support_outboundmail_moves()
"""
TABLE = """
CREATE TRIGGER support_outboundmail_rows_stay BEFORE TRUNCATE ON support_outboundmail
FOR EACH STATEMENT EXECUTE FUNCTION public.support_outboundmail_moves()
"""


class Migration(migrations.Migration):
    dependencies = [("support", "0012_calls_and_incidents_only_forward")]

    operations = [
        migrations.CreateModel(
            name="MailHeader",
            fields=[
                (
                    "mail",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="header",
                        serialize=False,
                        to="support.inboundmail",
                    ),
                ),
                ("header_id", models.CharField(max_length=400)),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mail_headers",
                        to="support.participant",
                    ),
                ),
            ],
            options={"verbose_name": "header of a mail"},
        ),
        migrations.AddField(
            model_name="outboundmail",
            name="fault",
            field=models.CharField(blank=True, max_length=24),
        ),
        migrations.AddIndex(
            model_name="inboundmail",
            index=models.Index(fields=["verdict", "received_at"], name="support_inbound_verdict"),
        ),
        migrations.RunSQL(MOVES, "DROP FUNCTION public.support_outboundmail_moves()"),
        migrations.RunSQL(ROWS, "DROP TRIGGER support_outboundmail_moves ON support_outboundmail"),
        migrations.RunSQL(TABLE, "DROP TRIGGER support_outboundmail_rows_stay ON support_outboundmail"),
    ]
