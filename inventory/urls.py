"""Addresses."""

app_name = "inventory"
urlpatterns = []
