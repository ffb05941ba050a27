"""The weekly review of the audit: what a reviewer has to look at, who signs it, and which weeks nobody has signed."""
