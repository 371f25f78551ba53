"""Exports of reports."""
