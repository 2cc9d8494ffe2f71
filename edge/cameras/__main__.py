"""`python -m edge.cameras`: the vision process, and the tools of who installs a camera."""

import sys

from edge.cameras.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
