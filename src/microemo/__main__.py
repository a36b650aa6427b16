"""``python -m microemo``, and what launchers of several processes start."""

from microemo.cli import main

main()
