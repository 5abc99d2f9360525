"""``python -m devhost --app DIR --port N``."""

import sys

from devhost.tool.command import main

if __name__ == "__main__":
    sys.exit(main())
