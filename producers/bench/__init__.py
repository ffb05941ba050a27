"""Measurements of the whole line: servers, relay and router as real processes, in a folder of their own."""
