"""The dead man's switch: a canary a minute through every stage, and an alarm when none comes.

A process of its own, that shares with the others nothing but what it watches. `stages` and
`alarm` are pure and decide; `witnesses` look; `channels` tell; `service` joins them.
"""
