"""The hazards of a site, live: from its plans and minute series to forecasts and assessments.

One file a hazard: it reads its plan (`sites/<id>/<hazard>.toml`), and calls the pure models in
`stream/models`. They run in one process beside the worker (`judging.py`), minute by minute.
"""
