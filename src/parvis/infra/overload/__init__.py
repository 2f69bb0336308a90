"""Standing up under load: who is served when not everybody can be, and what is said to the others.

`control` decides how much must be refused, `queues` who waits and for how long, `shedder` puts both together; all three
are arithmetic with the time passed in, so that a simulator can drive them. `levels` names how bad it is. `middleware` is
the ASGI application in front of all others: it asks `routes` how urgent a request is and `principals` who sends it, both
without the database, and answers strangers from `pages`, the cache of public pages. (docs/overload.md)
"""
