"""Commands of the libraries, in Asora's own words: those that write beside the door are shut, and name what to use.

The app stands before the libraries in INSTALLED_APPS, so Django finds these commands first, however they are called:
on the command line, by `call_command`, or inside `tenant_command` and `all_tenants_command`.
"""
