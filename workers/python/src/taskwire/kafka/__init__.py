"""Tasks from request topics; needs `taskwire[kafka]`."""
