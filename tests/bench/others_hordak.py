"""django-hordak's side of line 7. Runs in an environment of its own, started by others.py, with a request per line.

Stock is kept as its documentation keeps money: an asset account per item, and `transfer_to` between it and where goods
come from or go to. Amounts are quantities. On hand is `with_balances()`, which its documentation recommends.
"""

import json
import sys
import time

import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **json.loads(sys.argv[1])}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DEFAULT_CURRENCY="EUR",
    CURRENCIES=["EUR"],
    USE_TZ=True,
    SECRET_KEY="only for measuring",
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from hordak.models import Account, AccountType  # noqa: E402
from moneyed import Money  # noqa: E402


class Side:
    """A thousand items, as accounts."""

    def __init__(self, items: int) -> None:
        call_command("migrate", verbosity=0)
        self.vendor = Account.objects.create(
            name="Vendor", code="1", type=AccountType.income, currencies=["EUR"]
        )
        self.used = Account.objects.create(
            name="Used", code="2", type=AccountType.expense, currencies=["EUR"]
        )
        stock = Account.objects.create(name="Stock", code="3", type=AccountType.asset, currencies=["EUR"])
        self.items = [
            Account.objects.create(name=f"SKU-{n}", code=f"{n:04}", parent=stock, currencies=["EUR"])
            for n in range(items)
        ]
        self.ids = [item.pk for item in self.items]
        for place in range(items):
            self.receive(place, 100)

    def receive(self, place: int, quantity: int) -> None:
        """Goods come from the vendor."""
        self.vendor.transfer_to(self.items[place], Money(quantity, "EUR"), description=f"PO-{place}")

    def issue(self, place: int, quantity: int) -> None:
        """Goods are used."""
        self.items[place].transfer_to(self.used, Money(quantity, "EUR"), description=f"WO-{place}")

    def issue_checked(self, place: int, quantity: int) -> None:
        """Goods are used, if there are enough: hordak allows negative balances, so its user must check first."""
        with transaction.atomic():
            item = Account.objects.select_for_update().get(pk=self.ids[place])
            held = Account.objects.with_balances().get(pk=item.pk).balance
            if held["EUR"].amount < quantity:
                raise ValueError("not so many are left")
            item.transfer_to(self.used, Money(quantity, "EUR"), description=f"WO-{place}")

    def on_hand(self) -> int:
        """The sum of all items."""
        found = Account.objects.filter(pk__in=self.ids).with_balances()
        return int(sum(account.balance["EUR"].amount for account in found))


def main() -> None:
    """`{"items": 1000}` first; then `[work, [[place, quantity], …]]`, each answered by its seconds and its result."""
    side = None
    for line in sys.stdin:
        asked = json.loads(line)
        if isinstance(asked, dict):
            side = Side(asked["items"])
            answer = {"seconds": 0, "result": None}
        else:
            work, lines = asked
            result = None
            started = time.perf_counter()
            for given in lines:
                result = getattr(side, work)(*given)
            answer = {
                "seconds": time.perf_counter() - started,
                "result": result if work == "on_hand" else None,
            }
        print(json.dumps(answer), flush=True)


main()
