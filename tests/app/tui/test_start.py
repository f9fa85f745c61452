"""What is imported before the first frame."""

import subprocess
import sys


def test_the_list_of_documents_needs_no_modules_of_a_document():
    code = (
        "import sys, docqa.app.tui.app\n"
        "tui = 'docqa.app.tui'\n"
        "late = (f'{tui}.screens.document_screen', f'{tui}.page.view', 'docqa.app.places.cites', 'sqlite3',\n"
        "        'docqa.app.chat.followups', 'docqa.app.history.records', 'docqa.ingest.types')\n"
        "print([name for name in late if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"
