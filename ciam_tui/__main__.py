"""`python -m ciam_tui`, for where the script is not on the path."""

import sys

from ciam_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
