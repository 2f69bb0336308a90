"""The worker: runs jobs, hands events to those who care, keeps the schedules.

`runner` leases jobs and runs their functions, `consumers` is the table event → functions, `schedules` the table
clock → functions, `kinds` the table of all kinds of job, `run` the process. What the functions do is other rooms' matter.
"""
