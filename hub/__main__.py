"""`python -m hub` is `jukihub`."""

from hub.cli import main

main()
