"""A ticket moves only by its transitions, its texts can only be emptied, and none of its rows is ever deleted."""

from django.db import migrations

# As `support.tickets.rules.TRANSITIONS`; a test compares both.
OPEN = (
    "triaged",
    "investigating",
    "waiting_customer",
    "waiting_engineering",
    "waiting_commercial",
    "on_incident",
)
TRANSITIONS = [
    ("new", "acknowledged"),
    ("new", "triaged"),
    ("new", "duplicate"),
    ("acknowledged", "triaged"),
    ("acknowledged", "duplicate"),
    *((before, after) for before in OPEN for after in (*OPEN, "resolved", "duplicate") if before != after),
    *(("resolved", after) for after in ("closed", "triaged", "investigating", "duplicate")),
    *(("closed", after) for after in ("triaged", "investigating", "duplicate")),
    *(("duplicate", after) for after in ("new", "acknowledged", *OPEN, "resolved", "closed")),
]
PAIRS = ", ".join(f"('{before}', '{after}')" for before, after in TRANSITIONS)

NO_DELETE = """
CREATE FUNCTION public.support_ticket_rows_stay() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    RAISE EXCEPTION 'rows of % are never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$function$
"""
TICKET = f"""
CREATE FUNCTION public.support_ticket_moves() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF (NEW.id, NEW.number, NEW.source, NEW.origin, NEW.subject_length, NEW.reporter, NEW.opened_at, NEW.request_id)
        IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.source, OLD.origin, OLD.subject_length, OLD.reporter, OLD.opened_at, OLD.request_id)
        OR (NEW.subject IS DISTINCT FROM OLD.subject AND NEW.subject <> '')
        OR (NEW.about IS DISTINCT FROM OLD.about AND OLD.about <> '')
        OR (OLD.tenant_id IS NOT NULL AND NEW.tenant_id IS DISTINCT FROM OLD.tenant_id)
        OR (OLD.category <> '' AND NEW.category = '')
        OR (OLD.severity IS NOT NULL AND NEW.severity IS NULL)
        OR NEW.revision < OLD.revision
        OR NEW.reopened < OLD.reopened
    THEN
        RAISE EXCEPTION 'this part of a ticket cannot change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND (OLD.state, NEW.state) NOT IN ({PAIRS}) THEN
        RAISE EXCEPTION 'a ticket that is % cannot become %', OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
FIRST_STATE = """
CREATE FUNCTION public.support_ticket_begins() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF NEW.state <> 'new' THEN
        RAISE EXCEPTION 'a ticket begins as new' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
MESSAGE = """
CREATE FUNCTION public.support_message_stays() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF (to_jsonb(NEW) - 'text') IS DISTINCT FROM (to_jsonb(OLD) - 'text')
        OR (NEW.text IS DISTINCT FROM OLD.text AND NEW.text <> '')
    THEN
        RAISE EXCEPTION 'the text of a message can only be emptied' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
ATTACHMENT = """
CREATE FUNCTION public.support_attachment_stays() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF (NEW.id, NEW.message_id, NEW.media_type, NEW.size, NEW.sha256, NEW.added_at) IS DISTINCT FROM
       (OLD.id, OLD.message_id, OLD.media_type, OLD.size, OLD.sha256, OLD.added_at)
        OR (NEW.name IS DISTINCT FROM OLD.name AND NEW.name <> '')
        OR (NEW.content IS DISTINCT FROM OLD.content AND NEW.content IS NOT NULL)
    THEN
        RAISE EXCEPTION 'an attachment can only be emptied' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
LINK = """
CREATE FUNCTION public.support_ticketlink_stays() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF (NEW.id, NEW.ticket_id, NEW.other_id, NEW.kind, NEW.made_at, NEW.made_by) IS DISTINCT FROM
       (OLD.id, OLD.ticket_id, OLD.other_id, OLD.kind, OLD.made_at, OLD.made_by)
        OR OLD.removed_at IS NOT NULL
    THEN
        RAISE EXCEPTION 'a link of tickets can only be removed once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
PARTICIPANT = """
CREATE FUNCTION public.support_participant_stays() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF (NEW.id, NEW.ticket_id, NEW.person, NEW.added_at) IS DISTINCT FROM
       (OLD.id, OLD.ticket_id, OLD.person, OLD.added_at)
        OR (NEW.address IS DISTINCT FROM OLD.address AND NEW.address <> '')
        OR (NEW.name IS DISTINCT FROM OLD.name AND NEW.name <> '')
        OR (NEW.digest IS DISTINCT FROM OLD.digest AND (NEW.address <> '' OR NEW.digest NOT LIKE 'erased:%'))
    THEN
        RAISE EXCEPTION 'a participant can only be emptied' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
NUMBER = """
CREATE FUNCTION public.support_ticketnumber_counts() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF NEW.last <> OLD.last + 1 THEN
        RAISE EXCEPTION 'ticket numbers are counted one by one' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
FUNCTIONS = {
    "support_ticket_rows_stay": NO_DELETE,
    "support_ticket_moves": TICKET,
    "support_ticket_begins": FIRST_STATE,
    "support_message_stays": MESSAGE,
    "support_attachment_stays": ATTACHMENT,
    "support_ticketlink_stays": LINK,
    "support_participant_stays": PARTICIPANT,
    "support_ticketnumber_counts": NUMBER,
}
#: Trigger, its moment, its table, for each row or statement, its function.
TRIGGERS = [
    ("support_ticket_moves", "BEFORE UPDATE", "support_ticket", "ROW", "support_ticket_moves"),
    ("support_ticket_begins", "BEFORE INSERT", "support_ticket", "ROW", "support_ticket_begins"),
    ("support_message_stays", "BEFORE UPDATE", "support_message", "ROW", "support_message_stays"),
    ("support_attachment_stays", "BEFORE UPDATE", "support_attachment", "ROW", "support_attachment_stays"),
    ("support_ticketlink_stays", "BEFORE UPDATE", "support_ticketlink", "ROW", "support_ticketlink_stays"),
    ("support_participant_stays", "BEFORE UPDATE", "support_participant", "ROW", "support_participant_stays"),
    (
        "support_ticketnumber_counts",
        "BEFORE UPDATE",
        "support_ticketnumber",
        "ROW",
        "support_ticketnumber_counts",
    ),
    *(
        (f"{table}_rows_stay", "BEFORE DELETE OR TRUNCATE", table, "STATEMENT", "support_ticket_rows_stay")
        for table in (
            "support_ticket",
            "support_message",
            "support_attachment",
            "support_requiredinfo",
            "support_ticketlink",
            "support_participant",
            "support_ticketnumber",
            "support_satisfaction",
        )
    ),
]


class Migration(migrations.Migration):
    dependencies = [("support", "0004_desk")]

    operations = [
        *(migrations.RunSQL(sql, f"DROP FUNCTION public.{name}()") for name, sql in FUNCTIONS.items()),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {name} {moment} ON {table} FOR EACH {each} EXECUTE FUNCTION public.{function}()",
                f"DROP TRIGGER {name} ON {table}",
            )
            for name, moment, table, each, function in TRIGGERS
        ),
    ]
