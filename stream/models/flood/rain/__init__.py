"""Rain: gauges and radar to fields and catchment means, and ensembles of what comes."""
