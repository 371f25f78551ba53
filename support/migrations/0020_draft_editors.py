"""Nobody who edited any revision of a draft decides on it."""

from django.db import migrations, models

DRAFT = """
CREATE OR REPLACE FUNCTION public.support_draft_moves() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF (NEW.id, NEW.ticket_id, NEW.kind, NEW.begun_at, NEW.request_id) IS DISTINCT FROM
       (OLD.id, OLD.ticket_id, OLD.kind, OLD.begun_at, OLD.request_id)
    THEN
        RAISE EXCEPTION 'this part of a draft cannot change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('sent', 'discarded') THEN
        IF (to_jsonb(NEW) - 'text' - 'overrides') IS DISTINCT FROM (to_jsonb(OLD) - 'text' - 'overrides')
            OR (NEW.text IS DISTINCT FROM OLD.text AND NEW.text <> '')
            OR (NEW.overrides IS DISTINCT FROM OLD.overrides AND NEW.overrides <> '{}'::jsonb)
        THEN
            RAISE EXCEPTION 'a draft that was sent or discarded can only be emptied'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.revision < OLD.revision
        OR (NEW.revision = OLD.revision
            AND (NEW.text, NEW.overrides, NEW.follow_up, NEW.next_update_at, NEW.template, NEW.template_version, NEW.author)
                IS DISTINCT FROM
                (OLD.text, OLD.overrides, OLD.follow_up, OLD.next_update_at, OLD.template, OLD.template_version, OLD.author))
    THEN
        RAISE EXCEPTION 'an edit of a draft needs a new revision' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT NEW.editors @> OLD.editors
        OR (NEW.author IS DISTINCT FROM OLD.author AND NOT NEW.editors @> to_jsonb(OLD.author))
    THEN
        RAISE EXCEPTION 'the people who wrote a draft stay recorded' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
APPROVAL = """
CREATE OR REPLACE FUNCTION public.support_approval_of_another() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public.support_draft
        WHERE id = NEW.draft_id AND author <> NEW.decided_by AND revision = NEW.draft_revision
            AND NOT editors @> to_jsonb(NEW.decided_by)
    ) THEN
        RAISE EXCEPTION 'another person decides on the present revision of a draft'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""


class Migration(migrations.Migration):
    dependencies = [("support", "0019_graver_incidents")]

    operations = [
        migrations.AddField(model_name="draft", name="editors", field=models.JSONField(default=list)),
        migrations.RunSQL(DRAFT, migrations.RunSQL.noop),
        migrations.RunSQL(APPROVAL, migrations.RunSQL.noop),
    ]
