"""The limits that keep a hostile file from taking the machine; every error that comes from one
names its number.
"""

MAX_FILE_BYTES = 512 * 2**20
# How long a pipe may have no writer.
PIPE_SECONDS = 10
MAX_PAGES = 20_000
MAX_TEXT_CHARS = 64_000_000
MAX_PAGE_CHARS = 400_000
MAX_PAGE_STREAM_BYTES = 75_000_000
MAX_PAGE_OBJECTS = 1_000_000
MAX_RENDERED_PIXELS = 400_000_000
MAX_XML_BYTES = 64 * 2**20
MAX_XML_DEPTH = 256
MAX_ZIP_ENTRIES = 10_000
MAX_ZIP_ENTRY_BYTES = 64 * 2**20
MAX_ZIP_TOTAL_BYTES = 512 * 2**20
MAX_ZIP_RATIO = 200

WORKER_MEMORY_BYTES = 2 * 2**30
# Processor time for a document: so much in any case, more for every byte, and for every page of a
# PDF.
WORKER_CPU_SECONDS = 45
WORKER_CPU_SECONDS_PER_MIB = 10
WORKER_CPU_SECONDS_PER_PAGE = 0.5
WORKER_WALL_SECONDS = 30 * 60
WORKER_FILE_BYTES = 2**30
WORKER_PAGE_SECONDS = 10
WORKER_MAX_LOST_PAGES = 8
# Recognising a page from its image takes 5 to 20 seconds of one core; its time does not count as
# reading time.
MAX_OCR_PAGES = 500
WORKER_OCR_SECONDS_PER_PAGE = 180

MAX_HTML_BYTES = 64 * 2**20
MAX_HTML_DEPTH = 10_000
MAX_HTML_ATTRIBUTES = 5_000
MAX_HTML_NODES = 2_000_000
MAX_LATEX_BYTES = 8 * 2**20
MAX_EMAIL_BYTES = 128 * 2**20
MAX_EMAIL_DEPTH = 16
MAX_EMAIL_PARTS = 1_000
