"""Makes .ci/tree, where `docqa` is a folder of links as the packages are imported: for mypy, import-linter and editors,
which do not follow an editable install. Run it once; new files are seen without it."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TREE = ROOT / ".ci" / "tree"
DOCQA = TREE / "docqa"

shutil.rmtree(TREE, ignore_errors=True)
DOCQA.mkdir(parents=True)
for package in ("app", "ingest", "kernels", "model"):
    os.symlink(ROOT / package, DOCQA / package)
for file in ("__init__.py", "py.typed"):
    os.symlink(ROOT / "app" / "package" / file, DOCQA / file)
