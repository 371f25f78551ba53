"""`make bench`: the speed table of the ledger, one file per line. Worker processes set Django up by importing this."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()
