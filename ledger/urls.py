"""Addresses of the ledger, its reports and exports."""

from django.urls import path

import inventory.addresses  # noqa: F401 (it registers <bin:code>)
from ledger.adjustments import views as adjustments
from ledger.counts.views import approval, sheets
from ledger.exports import views as exports
from ledger.files import overview
from ledger.passports import views as passports
from ledger.proof import views as proof
from ledger.reports import views as reports
from ledger.views import contents, movements, postings, receiving, reversing

app_name = "ledger"
urlpatterns = [
    path("receive/", receiving.receive_delivery, name="receive"),
    path("receive/import/", receiving.import_deliveries, name="receive-import"),
    path("receive/scan/", receiving.scanned_item, name="scanned-item"),
    path("counts/", sheets.count_list, name="count-list"),
    path("counts/new/", sheets.count_open, name="count-open"),
    path("counts/<int:count>/", sheets.count_sheet, name="count-sheet"),
    path("counts/<int:count>/scan/", sheets.count_scan, name="count-scan"),
    path("counts/<int:count>/record/", sheets.count_record, name="count-record"),
    path("counts/<int:count>/submit/", sheets.count_submit, name="count-submit"),
    path("counts/<int:count>/review/", approval.count_review, name="count-review"),
    path("counts/<int:count>/recount/", approval.count_recount, name="count-recount"),
    path("counts/<int:count>/decide/", approval.count_decide, name="count-decide"),
    path("counts/<int:count>/choose/", approval.count_choose, name="count-choose"),
    path("counts/<int:count>/approve/", approval.count_approve, name="count-approve"),
    path("counts/<int:count>/cancel/", approval.count_cancel, name="count-cancel"),
    path("issue/", movements.issue_stock, name="issue"),
    path("issue/import/", movements.issue_file, name="issue-import"),
    path("transfer/", movements.transfer_stock, name="transfer"),
    path("transfer/import/", movements.transfer_file, name="transfer-import"),
    path("adjust/", movements.adjust_stock, name="adjust"),
    path("adjust/import/", movements.adjust_file, name="adjust-import"),
    path("adjust/requests/", adjustments.request_list, name="request-list"),
    path("adjust/requests/<uuid:asked>/", adjustments.request_detail, name="request-detail"),
    path("adjust/requests/<uuid:asked>/post/", adjustments.request_post, name="request-post"),
    path("adjust/requests/<uuid:asked>/decline/", adjustments.request_decline, name="request-decline"),
    path("adjust/reasons/", adjustments.reason_list, name="reason-list"),
    path("adjust/reasons/add/", adjustments.reason_add, name="reason-add"),
    path("adjust/reasons/<str:code>/rename/", adjustments.reason_rename, name="reason-rename"),
    path("adjust/reasons/<str:code>/archive/", adjustments.reason_archive, name="reason-archive"),
    path("adjust/reasons/<str:code>/restore/", adjustments.reason_restore, name="reason-restore"),
    path("imports/", overview.import_list, name="import-list"),
    path("ledger/", postings.posting_list, name="posting-list"),
    path("ledger/entries/", postings.entry_list, name="entry-list"),
    path("ledger/health/", proof.health, name="health"),
    path("ledger/health/prove/", proof.prove, name="prove"),
    path("ledger/items/<str:sku>/stock/", postings.item_stock, name="item-stock"),
    path("ledger/items/<str:sku>/history/", postings.item_history, name="item-history"),
    path("ledger/hubs/<str:code>/stock/", contents.hub_stock, name="hub-stock"),
    path("ledger/bins/<str:hub>/<bin:code>/stock/", contents.bin_stock, name="bin-stock"),
    path("ledger/<int:position>/", postings.posting_detail, name="posting-detail"),
    path("ledger/<int:position>/reverse/", reversing.posting_reverse, name="posting-reverse"),
    path("ledger/batches/<uuid:batch>/", reversing.batch_detail, name="batch-detail"),
    path("ledger/batches/<uuid:batch>/reverse/", reversing.batch_reverse, name="batch-reverse"),
    path("reports/", reports.report_list, name="report-list"),
    path("reports/<slug:report>/", reports.report, name="report"),
    path("exports/", exports.export_list, name="export-list"),
    path("exports/create/", exports.export_create, name="export-create"),
    path("exports/<uuid:export>/download/", exports.export_download, name="export-download"),
    path("exports/<uuid:export>/proof/", passports.export_proof, name="export-proof"),
    path("exports/<uuid:export>/manifest/", exports.export_manifest, name="export-manifest"),
]
