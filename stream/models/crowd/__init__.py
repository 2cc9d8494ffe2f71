"""People and cars in places with a limit: how many, how close, for how long, and who waits.

Pure functions of arrays. Persons are counted by cameras (`people`) and at gates (`flow_in`,
`flow_out`, persons in the minute that ended); neither is right, so both are weighed.
"""
