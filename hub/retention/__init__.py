"""Keeping nothing longer than the rules say: what is due, its end, and the certificate of that."""
