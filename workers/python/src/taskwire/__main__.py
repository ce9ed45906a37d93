"""`python -m taskwire`, the same as `taskwire`."""

from taskwire.cli import main

main()
