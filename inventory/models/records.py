"""Master data. Codes and SKUs never change; records are archived, never deleted."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from asora.kernel.fields import KeyField
from asora.kernel.shapes import Values

CODE_LENGTH = 40
NAME_LENGTH = 300
QUANTITY: Values = {"max_digits": 20, "decimal_places": 4}
MONEY: Values = {"max_digits": 26, "decimal_places": 6}

# The same shapes as in `inventory.rules`, enforced once more by the database.
CODE_SHAPE = r"^[A-Za-z0-9][A-Za-z0-9._&+-]*$"
BIN_CODE_SHAPE = r"^[A-Za-z0-9][A-Za-z0-9._&+/-]*$"


class MasterRecord(models.Model):
    """The base class of all master data: it can be archived, and an edit must start from the latest version.

    `shares_code`: an older record has an equal code (`kernel.text.fold_code`); both were created before codes were
    compared without case. New records are never marked. The unique indexes leave out exactly the marked rows, so
    look-ups have separate indexes.
    """

    shares_code = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    @property
    def is_archived(self) -> bool:
        """Returns True if the record is archived: nothing new may come in, remaining stock can still go out."""
        return self.archived_at is not None


ALONE, SHARED = models.Q(shares_code=False), models.Q(shares_code=True)


def one_of_a_code(model: str) -> list[models.BaseConstraint]:
    """The constraints of a code: its shape, and no two codes are equal."""
    return [
        models.UniqueConstraint(fields=["code_key"], condition=ALONE, name=f"inventory_{model}_code"),
        models.CheckConstraint(
            condition=models.Q(code__regex=CODE_SHAPE), name=f"inventory_{model}_code_shape"
        ),
    ]


class Category(MasterRecord):
    """A category of the category tree."""

    code = models.CharField(_("code"), max_length=CODE_LENGTH)
    code_key = KeyField()
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )

    class Meta:
        verbose_name = _("category")
        constraints = [
            *one_of_a_code("category"),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                name="inventory_category_not_its_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Hub(MasterRecord):
    """A place with bins: a warehouse, a shop, a van. People are granted single hubs (guardian), or all of them."""

    code = models.CharField(_("code"), max_length=CODE_LENGTH)
    code_key = KeyField()
    name = models.CharField(_("name"), max_length=NAME_LENGTH)

    class Meta:
        verbose_name = _("hub")
        constraints = one_of_a_code("hub")
        permissions = [("operate_hub", "Can work at this hub")]

    def __str__(self) -> str:
        return self.code


class HubUserObjectPermission(UserObjectPermissionBase):
    """Guardian's hub grants, with a real foreign key instead of a generic one."""

    content_object = models.ForeignKey(Hub, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class Bin(MasterRecord):
    """A storage place inside a hub."""

    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="bins", verbose_name=_("hub"))
    code = models.CharField(_("code"), max_length=CODE_LENGTH)
    code_key = KeyField()
    name = models.CharField(_("name"), max_length=NAME_LENGTH, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("bin")
        constraints = [
            models.UniqueConstraint(fields=["hub", "code_key"], condition=ALONE, name="inventory_bin_code"),
            models.CheckConstraint(
                condition=models.Q(code__regex=BIN_CODE_SHAPE), name="inventory_bin_code_shape"
            ),
        ]
        indexes = [models.Index(fields=["hub", "code_key"], name="inventory_bin_by_key")]

    def __str__(self) -> str:
        return self.code

    @property
    def address(self) -> str:
        """The address HUB/BIN."""
        return f"{self.hub.code}/{self.code}"


class Vendor(MasterRecord):
    """A vendor delivers stock. Deliveries of a vendor that is not eligible cannot be received."""

    code = models.CharField(_("code"), max_length=CODE_LENGTH)
    code_key = KeyField()
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    eligible = models.BooleanField(_("eligible"), default=True)

    class Meta:
        verbose_name = _("vendor")
        constraints = [*one_of_a_code("vendor")]

    def __str__(self) -> str:
        return self.code
