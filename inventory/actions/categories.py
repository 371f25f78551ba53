"""Changes of the category tree."""

from __future__ import annotations

from django.utils.translation import gettext as _

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.csv.columns import Mapped
from asora.kernel.csv.reading import LineErrors, read_table
from asora.kernel.door import action
from asora.kernel.refusals import Reason, ValidationFailed
from inventory import rules
from inventory.actions import files, records
from inventory.actions.files import Imported, Line
from inventory.models import Category
from inventory.queries import Found

MANAGE = "inventory.manage"
NETS = {"inventory_category_code": records.code_taken}


@action("inventory.category.create", permission=MANAGE, ceiling="categories", about="code", nets=NETS)
def create_category(act: Act, *, code: str, name: str, parent: Category | None = None) -> Category:
    """Add a node to the tree, at the top when it has no parent.

    Refusals: VALIDATION_FAILED CODE_TAKEN, NAME_RESERVED, CATEGORY_ARCHIVED (the parent); PLAN_LIMIT_EXCEEDED.
    """
    if parent:
        act.reads(parent)
    category = Category(
        code=records.obey(rules.code, code, field="code"),
        name=records.obey(rules.name, name, field="name"),
        parent=records.locked(parent) if parent else None,
    )
    if category.parent:
        records.require_live(category.parent, field="parent", reason=Reason.CATEGORY_ARCHIVED)
    if Category.objects.filter(code_key=category.code).exists():
        raise records.code_taken()
    category.save()
    if category.parent:
        act.touched(category.parent)
    act.changed(
        category,
        after={"code": category.code, "name": category.name, "parent": category.parent, "version": 1},
    )
    return category


@action("inventory.category.edit", permission=MANAGE, about="category")
def edit_category(
    act: Act, *, category: Category, version: int, name: str, parent: Category | None
) -> Category:
    """Rename a category or hang it elsewhere in the tree.

    Refusals: STATE_CONFLICT STALE_FORM, ALREADY_ARCHIVED; VALIDATION_FAILED PARENT_LOOP, CATEGORY_ARCHIVED.
    """
    # The whole tree at once, in one order: two people who move two branches under each other must meet here.
    tree = {node.pk: node for node in Category.objects.select_for_update().order_by("pk")}
    row = records.opened(act, category, version=version)
    above = tree[parent.pk] if parent else None
    edit = records.differences(row, {"name": records.obey(rules.name, name, field="name"), "parent": above})
    if above:
        act.reads(above)
    if "parent" in edit:
        act.touched(*(node for node in (edit.before["parent"], above) if node))
    if "parent" in edit and above:
        records.require_live(above, field="parent", reason=Reason.CATEGORY_ARCHIVED)
        node: Category | None = above
        while node is not None:
            if node == row:
                raise ValidationFailed.at_field(
                    "parent", _("A category cannot be below itself."), reason=Reason.PARENT_LOOP
                )
            node = tree[node.parent_id] if node.parent_id else None
    records.save(act, row, edit)
    return row


@action("inventory.category.archive", permission=MANAGE, about="category")
def archive_category(act: Act, *, category: Category) -> Category:
    """Close a category that holds nothing any more.

    Refusals: STATE_CONFLICT ALREADY_ARCHIVED; VALIDATION_FAILED STILL_IN_USE (live items or categories in it).
    """
    row = records.locked(category)
    act.reads(
        *keys.many("item", row.items.filter(archived_at=None).values_list("pk", flat=True)),
        *keys.many("category", row.children.filter(archived_at=None).values_list("pk", flat=True)),
    )
    records.archive(act, row)
    if row.parent_id:
        act.touched(f"category:{row.parent_id}")
    records.require_unused(
        row,
        by={
            _("items"): row.items.filter(archived_at=None).count(),
            _("categories"): row.children.filter(archived_at=None).count(),
        },
    )
    return row


@action("inventory.category.restore", permission=MANAGE, about="category")
def restore_category(act: Act, *, category: Category) -> Category:
    """Open an archived category again.

    Refusals: STATE_CONFLICT NOT_ARCHIVED; VALIDATION_FAILED CATEGORY_ARCHIVED (the one above it).
    """
    row = records.locked(category)
    if row.parent:
        act.reads(row.parent)
        act.touched(row.parent)
        records.require_live(records.locked(row.parent), field="parent", reason=Reason.CATEGORY_ARCHIVED)
    records.restore(act, row)
    return row


@action("inventory.category.import", permission=MANAGE, ceiling="categories", nets=NETS)
def import_categories(act: Act, *, content: bytes, mapping: Mapped | None = None) -> Imported:
    """Add the categories of a CSV file: code, name, parent_code. A parent may stand anywhere in the file.

    Refusals: VALIDATION_FAILED, every refused line with its rule: DUPLICATE_ROW, ROW_DIFFERS, UNKNOWN_PARENT,
    CATEGORY_ARCHIVED, PARENT_LOOP, …; PLAN_LIMIT_EXCEEDED.
    """
    table = read_table(content, required=("code", "name", "parent_code"), mapping=mapping)
    errors = LineErrors()
    lines = files.ruled(
        table,
        {"code": rules.code, "name": rules.name, "parent_code": files.optional(rules.address_part)},
        errors=errors,
    )
    files.refuse_twice(lines, "code", errors=errors)
    # The whole tree, as in `edit_category`.
    tree = list(Category.objects.select_for_update().order_by("pk"))
    existing = Found((node.code_key, node.code, node) for node in tree)
    files.refuse_ambiguous(lines, "code", found=existing, errors=errors)
    codes: dict[int | None, str] = {node.pk: node.code for node in tree}
    new = {line.key("code"): line for line in lines if not existing.get(line.written("code"))}
    for line in lines:
        if node := existing.get(line.written("code")):
            above = files.alike(codes.get(node.parent_id), line.get("parent_code"))
            files.differs(line, {"name": node.name, "parent_code": above}, errors=errors)
        else:
            _judge_parent(line, new=new, existing=existing, errors=errors)
    _refuse_loops(new, errors=errors)
    if errors:
        raise errors.refusal(total=len(table.rows))
    _insert(act, new, existing)
    return files.record(act, table, lines, new=new.values())


def _judge_parent(line: Line, *, new: dict[str, Line], existing: Found[Category], errors: LineErrors) -> None:
    parent = line.key("parent_code")
    if not parent or parent in new:
        return
    above = existing.get(line.written("parent_code"))
    if above is None:
        message = _("There is no such category, here or in the file.")
        files.misses(line, "parent_code", existing, message, reason=Reason.UNKNOWN_PARENT, errors=errors)
    elif above.is_archived:
        errors.add(line.number, "parent_code", Reason.CATEGORY_ARCHIVED, _("This category is archived."))


def _refuse_loops(new: dict[str, Line], *, errors: LineErrors) -> None:
    for key in rules.looped({key: line.key("parent_code") for key, line in new.items() if key}):
        message = _("By way of its parents this category is above itself.")
        errors.add(new[key].number, "parent_code", Reason.PARENT_LOOP, message)


def _insert(act: Act, new: dict[str, Line], existing: Found[Category]) -> None:
    """Two statements, whatever the depth: the nodes, then what they hang on."""
    nodes = {key: Category(code=line.get("code"), name=line.get("name")) for key, line in new.items()}
    Category.objects.bulk_create(nodes.values(), batch_size=records.BATCH)
    above_them = {existing.get(line.key("parent_code")) for line in new.values()}
    touched = [*(node.pk for node in above_them if node), *(node.pk for node in nodes.values())]
    act.touched(*keys.many("category", touched))
    hanging = []
    for key, line in new.items():
        if above := line.key("parent_code"):
            nodes[key].parent = nodes.get(above) or existing.get(line.written("parent_code"))
            hanging.append(nodes[key])
    Category.objects.bulk_update(hanging, ["parent"], batch_size=records.BATCH)
