"""Importing the category tree from a CSV file."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.csv.columns import Mapped
from asora.kernel.csv.reading import LineErrors, Table
from asora.kernel.refusals import Reason
from inventory import rules
from inventory.actions import records
from inventory.actions.categories import CONSTRAINT_REFUSALS, MANAGE
from inventory.files.actions import file_lines
from inventory.files.actions.file_lines import Imported, Line
from inventory.models import Category
from inventory.queries import Found


@action(
    "inventory.category.import",
    permission=MANAGE,
    ceiling="categories",
    constraint_refusals=CONSTRAINT_REFUSALS,
    derive=file_lines.reader(required=("code", "name", "parent_code"), optional=(file_lines.STATE,)),
    done=gettext_lazy("imported categories"),
    tried=gettext_lazy("tried to import categories"),
)
def import_categories(
    act: Act, *, content: bytes, mapping: Mapped | None = None, derived: Table = BY_DERIVE
) -> Imported:
    """Add the categories of a CSV file: code, name, parent_code; optional state. A parent may be anywhere in the file.

    Refusals: VALIDATION_FAILED, with the rule of each refused line: DUPLICATE_ROW, ROW_DIFFERS, UNKNOWN_PARENT,
    CATEGORY_ARCHIVED, PARENT_LOOP, …; PLAN_LIMIT_EXCEEDED.
    """
    errors = LineErrors()
    lines = file_lines.ruled(
        derived,
        {
            "code": rules.code,
            "name": rules.name,
            "parent_code": file_lines.optional(rules.address_part),
            file_lines.STATE: rules.archived,
        },
        errors=errors,
    )
    file_lines.refuse_twice(lines, "code", errors=errors)
    # Lock the whole tree, as `edit_category` does.
    tree = list(Category.objects.select_for_update().order_by("pk"))
    existing = Found((node.code_key, node.code, node) for node in tree)
    file_lines.refuse_ambiguous(lines, "code", found=existing, errors=errors)
    codes: dict[int | None, str] = {node.pk: node.code for node in tree}
    new = {line.key("code"): line for line in lines if not existing.get(line.written("code"))}
    for line in lines:
        if node := existing.get(line.written("code")):
            above = file_lines.alike(codes.get(node.parent_id), line.get("parent_code"))
            file_lines.differs(
                line,
                {"name": node.name, "parent_code": above, file_lines.STATE: node.is_archived},
                errors=errors,
            )
        else:
            _check_parent(line, new=new, existing=existing, errors=errors)
    _refuse_loops(new, errors=errors)
    if errors:
        raise errors.refusal(total=len(derived.rows))
    act.adds(len(new))
    _insert(act, new, existing)
    return file_lines.record(act, derived, lines, new=new.values())


def _check_parent(line: Line, *, new: dict[str, Line], existing: Found[Category], errors: LineErrors) -> None:
    parent = line.key("parent_code")
    if not parent:
        return
    above = existing.get(line.written("parent_code"))
    is_archived = bool(new[parent].get(file_lines.STATE) if parent in new else above and above.is_archived)
    if above is None and parent not in new:
        message = _("No category has this code, in Asora or in the file.")
        file_lines.misses(line, "parent_code", existing, message, reason=Reason.UNKNOWN_PARENT, errors=errors)
    elif is_archived and not line.get(file_lines.STATE):
        errors.add(line.number, "parent_code", Reason.CATEGORY_ARCHIVED, _("This category is archived."))


def _refuse_loops(new: dict[str, Line], *, errors: LineErrors) -> None:
    for key in rules.looped({key: line.key("parent_code") for key, line in new.items() if key}):
        message = _("This category would be its own parent, through the parents named in the file.")
        errors.add(new[key].number, "parent_code", Reason.PARENT_LOOP, message)


def _insert(act: Act, new: dict[str, Line], existing: Found[Category]) -> None:
    """Insert the categories, then set their parents: two statements, however deep the tree is."""
    nodes = {
        key: Category(code=line.get("code"), name=line.get("name"), archived_at=file_lines.archived_at(line))
        for key, line in new.items()
    }
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
