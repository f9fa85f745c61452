"""`python -m docqa.app` is the `docqa` command."""

import sys

from .cli import main

sys.exit(main())
