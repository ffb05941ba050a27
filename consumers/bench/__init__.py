"""What the consumers' side carries per second: inbox and hand-over, measured on servers of their own."""
