"""Addresses of the ledger, its reports and exports."""

from django.urls import path

from ledger.views import exports, postings, receiving, reports

app_name = "ledger"
urlpatterns = [
    path("receive/", receiving.receive_delivery, name="receive"),
    path("receive/import/", receiving.import_deliveries, name="receive-import"),
    path("receive/scan/", receiving.scanned_item, name="scanned-item"),
    path("ledger/", postings.posting_list, name="posting-list"),
    path("ledger/entries/", postings.entry_list, name="entry-list"),
    path("ledger/health/", reports.health, name="health"),
    path("ledger/items/<str:sku>/stock/", postings.item_stock, name="item-stock"),
    path("ledger/items/<str:sku>/history/", postings.item_history, name="item-history"),
    path("ledger/<int:position>/", postings.posting_detail, name="posting-detail"),
    path("reports/<slug:report>/", reports.report, name="report"),
    path("exports/", exports.export_list, name="export-list"),
    path("exports/create/", exports.export_create, name="export-create"),
    path("exports/<uuid:export>/download/", exports.export_download, name="export-download"),
]
