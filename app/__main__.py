"""`python -m docqa.app` is the `docqa` command."""

import sys

from docqa.app.cli import main

sys.exit(main())
