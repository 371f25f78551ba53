"""Changes of the category tree."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, ValidationFailed
from inventory import rules
from inventory.actions import records
from inventory.models import Category

MANAGE = Permission.INVENTORY_MANAGE
CONSTRAINT_REFUSALS = {"inventory_category_code": records.code_taken}


@action(
    "inventory.category.create",
    permission=MANAGE,
    ceiling="categories",
    subject="code",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("created category {label}"),
    tried=gettext_lazy("tried to create category {label}"),
)
def create_category(act: Act, *, code: str, name: str, parent: Category | None = None) -> Category:
    """Add a category to the tree; without a parent it is at the top level.

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


@action(
    "inventory.category.edit",
    permission=MANAGE,
    subject="category",
    done=gettext_lazy("edited category {label}"),
    tried=gettext_lazy("tried to edit category {label}"),
)
def edit_category(
    act: Act, *, category: Category, version: int, name: str, parent: Category | None
) -> Category:
    """Rename a category or move it to another parent.

    Refusals: STATE_CONFLICT STALE_FORM, ALREADY_ARCHIVED; VALIDATION_FAILED PARENT_LOOP, CATEGORY_ARCHIVED.
    """
    # Lock the whole tree in one order: if two people move two branches below each other at the same time, one waits.
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
                    "parent",
                    _("A category cannot be its own parent, directly or indirectly."),
                    reason=Reason.PARENT_LOOP,
                )
            node = tree[node.parent_id] if node.parent_id else None
    records.save(act, row, edit)
    return row


@action(
    "inventory.category.archive",
    permission=MANAGE,
    subject="category",
    done=gettext_lazy("archived category {label}"),
    tried=gettext_lazy("tried to archive category {label}"),
)
def archive_category(act: Act, *, category: Category) -> Category:
    """Archive a category that has no active items and no active subcategories.

    Refusals: STATE_CONFLICT ALREADY_ARCHIVED; VALIDATION_FAILED STILL_IN_USE (active items or subcategories).
    """
    row = records.locked(category)
    act.reads(
        *keys.many("item", row.items.filter(archived_at=None).values_list("pk", flat=True)),
        *keys.many("category", row.children.filter(archived_at=None).values_list("pk", flat=True)),
    )
    records.require_not_archived(act, row)
    records.require_unused(
        row,
        by={
            _("items"): row.items.filter(archived_at=None).count(),
            _("categories"): row.children.filter(archived_at=None).count(),
        },
    )
    records.archive(act, row)
    if row.parent_id:
        act.touched(f"category:{row.parent_id}")
    return row


@action(
    "inventory.category.restore",
    permission=MANAGE,
    subject="category",
    done=gettext_lazy("restored category {label}"),
    tried=gettext_lazy("tried to restore category {label}"),
)
def restore_category(act: Act, *, category: Category) -> Category:
    """Restore an archived category.

    Refusals: STATE_CONFLICT NOT_ARCHIVED; VALIDATION_FAILED CATEGORY_ARCHIVED (its parent).
    """
    row = records.locked(category)
    if row.parent:
        act.reads(row.parent)
        act.touched(row.parent)
        records.require_live(records.locked(row.parent), field="parent", reason=Reason.CATEGORY_ARCHIVED)
    records.restore(act, row)
    return row
