"""What the pages that legal reads and signs are made of. Pure: a Book in, words and cells out."""
