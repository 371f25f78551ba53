"""Replies: drafts from templates, checked phrases, footnotes of evidence, and approval by a second person."""
