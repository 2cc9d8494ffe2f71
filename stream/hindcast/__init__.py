"""`forewarn hindcast`: fit and judge the models on recorded data, by the live system's code."""
