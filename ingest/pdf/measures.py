"""The numbers that reading a PDF goes by. Lengths are in points (1/72 inch) where nothing else is
said; a "height" is that of a word or a line. Where nothing else is said they were chosen on files
like those of data/pdfs.
"""

# Work and memory
PAGES_CACHED = 64
"""Pages between two emptyings of pypdf's cache: 5,000 pages stay below 400 MiB."""
MANY_OBJECTS = 5_000
"""Objects of a stream; of larger ones each is parsed alone, in a third of the memory."""
LONG_DOCUMENT = 40
"""Pages from which on the first ones are shown before the others are parsed."""

# Annotations
MOST_ANNOTATIONS = 2_000
"""On a page; also the most choices of a form field."""
MOST_ANNOTATION_CHARS = 20_000
MOST_PARENTS = 20
"""Fields above a form field that it inherits from."""
MOST_PARTS = 100
"""Chosen values of one form field, marked ranges of one comment."""
CLEAR = 0.05
"""Opacity (0 to 1): below it nothing is seen."""
SMALLEST_LETTERS = 2.0

# Words
HIGH = 1.5
"""Heights of the other words: a word that is higher may be tilted."""
HIGH_SIGN = 1.4
"""Heights of the letters beside it: a sign of mathematics that is higher has the box of its
font."""
MIN_TILT = 5
"""Degrees."""
TINY = 1.2
"""Smaller letters cannot be read; on a narrow page TINY_SHARE of its width."""
TINY_SHARE = 1 / 300
FEWEST_APART = 5
"""Gaps of a line of letters that are set apart ("F e e s")."""
APART = 0.3
"""Heights: the widest usual gap between such letters."""
WIDER = 1.6
"""Usual gaps: a wider one is a space."""
NARROWER = 0.4
"""Of the narrowest space of a line: a gap that pdfium took for a space, and is none."""
NARROW = 0.2
"""Heights: no such gap is wider."""
SPACE = 0.15
"""Heights: the narrowest space."""
SPREAD = 1.2
"""Heights: letters that are further apart are two words."""
SPACED = 3
"""Usual gaps of a word: a space that pdfium missed is wider."""

# Images of pages
FEW_LETTERS = 50
"""Letters; a page with more is no image of text."""
IMAGE_SHARE = 0.25
"""The share of a page without letters that images cover where it is an image of text."""
MOSTLY_IMAGE = 0.8
"""The same of a page with a few letters, such as a stamp."""
OUTLINES = 20
"""Shapes of a page of letters that are drawn as outlines."""
OCR_PIXELS_PER_POINT = 200 / 72
OCR_MAX_SIDE = 2_400
"""Pixels; larger images are made smaller, to no loss at 200 per inch on A4."""
DOUBTFUL_SCORE = 0.85
"""Of 1: a line that is recognised with less is doubted."""

# Printed page numbers and bookmarks
NEAR_PAGES = 3
"""Between two printed numbers that count on: a chapter's first page often has none. So many must
count on."""
COVER_LINES = 3
"""At most, of a first page that is no title page: a preprint's says no more than that it is one."""
MOST_HEADING_CHARS = 120
"""Of a line that pypdf gave, which may be a heading."""
FOUND_BOOKMARK = 0.95
"""The confidence in a section whose bookmark is on its page."""
LOST_BOOKMARK = 0.5
"""The confidence in one whose bookmark is not."""
