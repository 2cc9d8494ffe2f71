"""The pictures of docs/models, each drawn by the code that it is about."""
