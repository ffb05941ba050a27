"""随時移転: a one-off extraction for one department, after 決裁, told as every Change is, a ledger line per person."""
