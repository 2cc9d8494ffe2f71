"""NMEA 0183 sentences of weather stations, echo sounders and buoys."""
