"""One image through a finished run, and where the network looked."""
