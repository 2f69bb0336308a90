"""A crowd in front of a server: the load generator behind `parvis simulate` and `parvis capacity`.

It speaks HTTP to its target and knows nothing of what is behind. `parameters` says who comes and when, `plan` and
`arrivals` make a day of it, `requests` puts it into bytes, `crowd` sends them at their moments and waits for nobody,
`tally` counts, `report` says what came of it, `ramp` looks for the most that is carried.
"""
