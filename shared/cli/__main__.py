"""``python -m shared.cli`` is ``silo``."""

from shared.cli.main import main

main()
