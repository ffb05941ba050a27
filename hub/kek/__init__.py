"""Key encryption keys (KEK): where they lie, how they are replaced, and what is still wrapped under which."""
