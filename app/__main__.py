"""`python -m docqa.app` is the `docqa` command."""

from __future__ import annotations

import sys

from docqa.app.cli import main

sys.exit(main())
