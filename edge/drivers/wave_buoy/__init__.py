"""Wave buoys that send their raw heave: spectrum, heights, periods, directions."""
