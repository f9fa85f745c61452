"""`python -m docqa.app.lab.tables`."""

import sys

from docqa.app.lab.tables.cells import main

if __name__ == "__main__":
    sys.exit(main())
