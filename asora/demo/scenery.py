"""The data of the demo tenants: people, hubs, items and vendors. It is the same every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoTenant:
    """The settings of a demo tenant, and how many records of each kind it has."""

    slug: str
    name: str
    plan: str
    role_model: str
    people: Sequence[tuple[str, str]]
    hubs: Sequence[tuple[str, str, int]]
    deliveries: int
    items: int
    currency: str
    time_zone: str
    costing: str = "average"


ACACIA = DemoTenant(
    slug="acacia",
    name="Acacia Cycles",
    plan="pro",
    role_model="standard",
    people=(
        ("owner", "Olive Acheampong"),
        ("manager", "Mateo Alvarez"),
        ("receiver", "Ruth Adeyemi"),
        ("counter", "Cem Arslan"),
        ("viewer", "Vera Anselm"),
    ),
    hubs=(("NORTH", "Northgate warehouse", 18), ("DOCKS", "Docklands store", 10)),
    deliveries=64,
    items=60,
    currency="EUR",
    time_zone="Europe/Berlin",
)
BIRCH = DemoTenant(
    slug="birch",
    name="Birch & Daughters",
    plan="free",
    role_model="simple",
    people=(("owner", "Ottilie Birch"), ("staff", "Sam Birch"), ("viewer", "Viola Birch")),
    hubs=(("SHOP", "The shop", 8),),
    deliveries=14,
    items=24,
    currency="GBP",
    time_zone="Europe/London",
)
CEDAR = DemoTenant(
    slug="cedar",
    name="Cedar Pharma Supply",
    plan="pro",
    role_model="segregated",
    people=(
        ("owner", "Celia Cedar"),
        ("manager", "Milan Cermak"),
        ("receiver", "Rosa Calvo"),
        ("counter", "Carl Coulson"),
        ("approver", "Petra Czerny"),
        ("auditor", "Aki Castell"),
    ),
    hubs=(("COLD", "Cold store", 10), ("DISPATCH", "Dispatch hall", 6)),
    deliveries=30,
    items=20,
    currency="CHF",
    time_zone="Europe/Zurich",
    costing="fifo",
)
DEMOS = (ACACIA, BIRCH, CEDAR)
#: People of the public host: operators and the support desk. Two leads of operations, because the author of a root
#: cause cannot end the freeze; two agents and a lead of the desk, because a second person approves what needs review.
OPERATORS = (
    ("operator", "Opal Rahman"),
    ("ops_lead", "Odette Levin"),
    ("platform_lead", "Piet Lindqvist"),
    ("agent", "Agnes Okafor"),
    ("second_agent", "Aron Takacs"),
    ("support_lead", "Selma Lind"),
    ("engineer", "Enzo Brandt"),
)
#: The role of a person whose sign-in is not named after it.
ROLES = {"second_agent": "agent"}

CATEGORIES = (
    ("DRIVETRAIN", "Drivetrain", ""),
    ("CHAINS", "Chains", "DRIVETRAIN"),
    ("CASSETTES", "Cassettes", "DRIVETRAIN"),
    ("WHEELS", "Wheels", ""),
    ("TYRES", "Tyres and tubes", "WHEELS"),
    ("BRAKES", "Brakes", ""),
    ("TOUCH", "Grips and saddles", ""),
    ("CARE", "Care and workshop", ""),
)
# category, stem, name, unit, decimals, standard cost, reorder point
GOODS = (
    ("CHAINS", "CH", "Chain {n}-speed, {v} links", "pcs", 0, "14.20", 40),
    ("CASSETTES", "CS", "Cassette {n}-speed 11-{v}", "pcs", 0, "38.50", 12),
    ("TYRES", "TY", "Tyre 28 x {v} mm, puncture belt {n}", "pcs", 0, "21.90", 60),
    ("TYRES", "TU", "Inner tube 28 x {v} mm, valve {n} mm", "pcs", 0, "3.15", 150),
    ("WHEELS", "SP", "Spoke {v} mm, steel, box of {n}", "box", 0, "17.80", 20),
    ("BRAKES", "BP", "Brake pads {n}-{v}, pair", "pair", 0, "6.40", 80),
    ("TOUCH", "GR", "Grips {v} mm, size {n}", "pair", 0, "11.30", 25),
    ("TOUCH", "SA", "Saddle {v} mm, width {n}", "pcs", 0, "29.00", 15),
    ("CARE", "OL", "Chain oil no. {n}, drum {v}", "l", 2, "8.75", 30),
    ("CARE", "CB", "Brake cable no. {n}, reel {v}", "m", 1, "0.62", 200),
)
VENDORS = (
    ("ALDER", "Alder Components", True),
    ("BREMEN-PARTS", "Bremen Parts Trading", True),
    ("CORDOVA", "Cordova Rubber", True),
    ("HALVORSEN", "Halvorsen Wheels", True),
    ("ITO", "Ito Drivetrain Works", True),
    ("LUMEN", "Lumen Workshop Supply", True),
    ("QUICKFIX", "Quickfix Imports", False),
)
