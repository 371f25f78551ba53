"""Tryton's side of line 7. Runs in an environment of its own, started by others.py, with a request per line.

The database is made and used as in the tests of trytond_stock. A document is measured in two ways: a single stock move
(the least that Tryton can do), and a shipment, which has a party, a reference and a state, like a posting of Asora. On
hand is `products_by_location`. Each work is a transaction of its own, committed.
"""

import datetime as dt
import json
import os
import sys
import time
from decimal import Decimal

address = json.loads(sys.argv[1])
os.environ["DB_NAME"] = address["NAME"]
os.environ["TRYTOND_DATABASE_URI"] = (
    f"postgresql://{address['USER']}:{address.get('PASSWORD', '')}@/?host={address['HOST']}&port={address['PORT']}"
)

from trytond import config  # noqa: E402

config.set("database", "uri", os.environ["TRYTOND_DATABASE_URI"])

from trytond.modules.company.tests import create_company  # noqa: E402
from trytond.pool import Pool  # noqa: E402
from trytond.tests.test_tryton import DB_NAME, USER, activate_module  # noqa: E402
from trytond.transaction import Transaction  # noqa: E402

TODAY = dt.datetime.now(tz=dt.UTC).date()


class Side:
    """A thousand items, as products; a supplier, the warehouse's storage, a customer."""

    def __init__(self, items: int) -> None:
        activate_module("stock")
        with Transaction().start(DB_NAME, USER) as transaction:
            self._fill(items)
            transaction.commit()
        self.context = {"company": self.company, "companies": [self.company]}
        with Transaction().start(DB_NAME, USER, context=self.context) as transaction:
            move = Pool().get("stock.move")
            move.do(
                move.create([self._move(place, 100, self.supplier, self.storage) for place in range(items)])
            )
            transaction.commit()

    def _fill(self, items: int) -> None:
        pool = Pool()
        company = create_company()
        self.company, self.currency = company.id, company.currency.id
        user = pool.get("res.user")
        user.write([user(USER)], {"companies": [("add", [company.id])], "company": company.id})
        (unit,) = pool.get("product.uom").search([("name", "=", "Unit")])
        self.unit = unit.id
        templates = pool.get("product.template").create(
            [{"name": f"SKU-{n}", "type": "goods", "default_uom": unit.id} for n in range(items)]
        )
        products = pool.get("product.product").create([{"template": template.id} for template in templates])
        self.products = [product.id for product in products]
        location = pool.get("stock.location")
        codes = {"SUP": "supplier", "STO": "storage", "CUS": "customer", "WH": "warehouse"}
        for code, name in codes.items():
            (found,) = location.search([("code", "=", code)])
            setattr(self, name, found.id)
        # The shortest way: no separate locations for incoming and outgoing goods.
        (warehouse,) = location.search([("code", "=", "WH")])
        location.write(
            [warehouse],
            {"input_location": self.storage, "output_location": self.storage, "picking_location": None},
        )
        party = pool.get("party.party")
        vendor, buyer = party.create(
            [{"name": name, "addresses": [("create", [{}])]} for name in ("Vendor", "Customer")]
        )
        self.vendor, self.buyer, self.buyer_address = vendor.id, buyer.id, buyer.addresses[0].id

    def _move(self, place: int, quantity: int, origin: int, target: int) -> dict:
        return {
            "product": self.products[place],
            "unit": self.unit,
            "quantity": quantity,
            "from_location": origin,
            "to_location": target,
            "company": self.company,
            "unit_price": Decimal("1.25"),
            "currency": self.currency,
            "effective_date": TODAY,
        }

    def receive_move(self, place: int, quantity: int) -> None:
        """A move from the supplier, done."""
        with Transaction().start(DB_NAME, USER, context=self.context) as transaction:
            move = Pool().get("stock.move")
            move.do(move.create([self._move(place, quantity, self.supplier, self.storage)]))
            transaction.commit()

    def issue_move(self, place: int, quantity: int) -> None:
        """A move to the customer, done."""
        with Transaction().start(DB_NAME, USER, context=self.context) as transaction:
            move = Pool().get("stock.move")
            move.do(move.create([self._move(place, quantity, self.storage, self.customer)]))
            transaction.commit()

    def receive(self, place: int, quantity: int) -> None:
        """A shipment of a supplier, received and put away."""
        with Transaction().start(DB_NAME, USER, context=self.context) as transaction:
            shipment = Pool().get("stock.shipment.in")
            moves = [self._move(place, quantity, self.supplier, self.storage)]
            documents = shipment.create(
                [
                    {
                        "company": self.company,
                        "supplier": self.vendor,
                        "reference": f"PO-{place}",
                        "warehouse": self.warehouse,
                        "warehouse_input": self.storage,
                        "warehouse_storage": self.storage,
                        "incoming_moves": [("create", moves)],
                    }
                ]
            )
            shipment.receive(documents)
            shipment.do(documents)
            transaction.commit()

    def issue(self, place: int, quantity: int) -> None:
        """A shipment to a customer: picked by force, packed, done."""
        with Transaction().start(DB_NAME, USER, context=self.context) as transaction:
            shipment = Pool().get("stock.shipment.out")
            moves = [self._move(place, quantity, self.storage, self.customer)]
            documents = shipment.create(
                [
                    {
                        "company": self.company,
                        "customer": self.buyer,
                        "delivery_address": self.buyer_address,
                        "reference": f"WO-{place}",
                        "warehouse": self.warehouse,
                        "warehouse_storage": self.storage,
                        "warehouse_output": self.storage,
                        "outgoing_moves": [("create", moves)],
                    }
                ]
            )
            shipment.wait(documents)
            shipment.assign_force(documents)
            shipment.pick(documents)
            shipment.pack(documents)
            shipment.do(documents)
            transaction.commit()

    def on_hand(self) -> int:
        """The sum of all items."""
        context = {**self.context, "stock_date_end": TODAY}
        with Transaction().start(DB_NAME, USER, readonly=True, context=context):
            product = Pool().get("product.product")
            found = product.products_by_location([self.storage], grouping_filter=(self.products,))
            return int(sum(found.values()))


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
