"""Replacements for library commands: those that write without the door are disabled, and name what to use instead.

The app comes before the libraries in INSTALLED_APPS, so Django finds these commands first, however they are called: on
the command line, by `call_command`, or inside `tenant_command` and `all_tenants_command`.
"""
