"""Where handlers run: in child processes, or in threads."""
