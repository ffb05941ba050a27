"""Made-up people for tests, demo and load: recognisably nobody, yet as awkward as real records are."""
