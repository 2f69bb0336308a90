"""Thin clients for the outside: database, engines, jobs, news, storage, mail, processes. No rules live here."""
