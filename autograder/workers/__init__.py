"""Many submissions at once: on this machine's processors, or on a cluster."""
