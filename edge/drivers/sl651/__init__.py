"""Remote stations that send SL 651-2014 hydrology telegrams."""
