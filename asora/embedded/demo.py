"""The mark of a demo database: a clock that can be moved. The server's administrator creates it with the database.

The schema belongs to the administrator. So the application's role, which owns the database and everything else in it,
can neither create nor remove the mark. No migration creates it, so no other database has it.
"""

SCHEMA = "asora_demo"
_MOMENT = f"current_setting('{SCHEMA}.moment')::timestamptz"
#: One statement per line, as PostgreSQL's single-user mode needs it.
STATEMENTS = f"""\
CREATE SCHEMA {SCHEMA}
CREATE FUNCTION {SCHEMA}.clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$SELECT {_MOMENT}$$
GRANT USAGE ON SCHEMA {SCHEMA} TO asora
"""
