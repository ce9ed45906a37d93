"""Taskwire over HTTP."""
