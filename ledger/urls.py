"""Addresses."""

app_name = "ledger"
urlpatterns = []
