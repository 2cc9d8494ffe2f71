"""Venues: their zones, gates, car parks and checks now, lately and soon, and their programmes."""
