"""The pager: a process of its own that tells people, `forewarn alerts page`.

`plan` turns incidents into messages, `sender` threads carry them out by `channels`, `service`
runs both. The database is the queue and the memory; whatever dies here loses nothing.
"""
