"""Many documents, one command: planned, resumable, on one machine or several.

`items` says what there is to do, `work` does one of them, `executors`, `processes` and `ray_actors` say where,
`workspace` and `leases` let processes share a folder, `ledger` keeps the account, `runner` joins them.
"""
