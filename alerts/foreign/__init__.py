"""CAP messages of other authorities: fetched, judged, kept; a process of its own.

`level`, `where`, `message` and `feed` are pure; `reach` fetches, `source` looks at one source,
`service` at all of them.
"""
