"""Every code gets the key by which it is compared; what is equal under it since before is marked, and stays."""

from django.db import migrations, models

import asora.kernel.fields
from asora.kernel.text import fold_code

CODED = {
    "category": "code_key",
    "hub": "code_key",
    "bin": "code_key",
    "vendor": "code_key",
    "item": "sku_key",
}
BATCH = 5_000
# Table and columns are ours, from the models.
WRITE = """
UPDATE {table} SET {key} = new.key, shares_code = new.shares
FROM unnest(%s::bigint[], %s::text[], %s::boolean[]) AS new (id, key, shares) WHERE {table}.id = new.id
"""


def add_keys(apps, schema_editor):
    """Compute the keys in Python, as they are ever after. Of equal codes the oldest keeps its place in the index."""
    owners = {}
    for noun, key in CODED.items():
        model = apps.get_model("inventory", noun)
        seen = set()
        rows = []
        place = "hub_id" if noun == "bin" else "pk"
        for pk, within, code in model.objects.order_by("pk").values_list(
            "pk", place, key.removesuffix("_key")
        ):
            folded = fold_code(code)
            known = (within, folded) if noun == "bin" else folded
            rows.append((pk, folded, known in seen))
            seen.add(known)
            if noun == "item":
                owners.setdefault(folded, set()).add(pk)
        _write(schema_editor, model, key, rows)
    barcode = apps.get_model("inventory", "Barcode")
    seen = set()
    rows = []
    for pk, item, code in barcode.objects.order_by("pk").values_list("pk", "item_id", "code"):
        folded = fold_code(code)
        rows.append((pk, folded, folded in seen or bool(owners.get(folded, set()) - {item})))
        seen.add(folded)
    _write(schema_editor, barcode, "key", rows)


def _write(schema_editor, model, key, rows):
    statement = WRITE.format(table=model._meta.db_table, key=key)
    with schema_editor.connection.cursor() as cursor:
        for start in range(0, len(rows), BATCH):
            cursor.execute(
                statement, [list(column) for column in zip(*rows[start : start + BATCH], strict=True)]
            )


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_reorder_revisions")]

    operations = [
        *(
            migrations.AddField(
                model_name=noun,
                name=key,
                field=asora.kernel.fields.KeyField(default="", editable=False, of=key.removesuffix("_key")),
                preserve_default=False,
            )
            for noun, key in CODED.items()
        ),
        migrations.AddField(
            model_name="barcode",
            name="key",
            field=asora.kernel.fields.KeyField(default="", editable=False, of="code"),
            preserve_default=False,
        ),
        *(
            migrations.AddField(
                model_name=noun,
                name="shares_code",
                field=models.BooleanField(db_default=False, default=False, editable=False),
            )
            for noun in (*CODED, "barcode")
        ),
        migrations.RunPython(add_keys, migrations.RunPython.noop),
    ]
