"""The numbers that tables are found by. A "height" is that of a line of print, lengths are in
points. Where nothing else is said they were chosen on real files like those of data/pdfs.
"""

# Shares
MOST = 0.6
"""The share from which on "most" is said: of a column's lines, of rows with a name, of a side that
a rule runs along."""
SEVERAL_CELLS = 0.35
"""The share of the lines of a table with several cells, at least."""
FEW = 0.3
"""The share of a table's rows up to which an exception is one."""
FEW_VALUES = 0.15
"""The share of the cells that are values, below which a table is one of words."""
NAMED_WITH_CELLS = 0.75
"""The share of the named rows of an unruled table of words with other cells."""
FILLED = 0.4
"""The share of the cells of a framed table with words, and of a group of columns with values;
fewer are a chart."""
CROSSED = 0.1
"""The share of the full lines that may cross the space between two columns."""
CROWDED = 0.05
"""The share of lines with several chunks in a column, above which columns may be missing."""
INTERRUPTED = 0.2
"""The share of rows between whose values running text is."""
OFF_CENTRE = 0.06
"""Of its width: how far a head may be from the middle of the columns that it names."""
UNDER_CENTRE = 0.15
"""The same of a head and its next line."""

# Heights
LAPPED = 0.25
"""What lines side by side share."""
RULE_SLACK = 0.4
"""How far a rule between two lines may reach into the box of either."""
SAME_LINE = 0.6
"""Bottoms of words of one line are no further apart."""
WORD_GAP = 0.65
"""The widest space between words of a cell; between two values a space is enough to part them."""
CLOSING_GAP = 1.5
"""The widest space before a bracket or percent sign that closes a value."""
NEXT_HEAD_LINE = 0.7
"""The space between two lines of one head."""
NEXT_CELL_LINE = 1.2
"""The space between two lines of one cell; a line so many times as high is a heading."""
NEXT_LINE = 0.86
"""Of the usual step from line to line: lines of one name are closer."""
HEAD_GAP = 1.6
"""The space between heads and cells, rules and cells."""
FURTHER_GAP = 6.0
"""To a column outside the names and values."""
FURTHEST_VALUE = 9.0
"""From one value of a column to the next."""

# Points
NEAR = 2.5
"""Rules that meet, or are drawn as pieces of one; edges or middles of cells of one column."""
NARROWEST_SPACE = 1.5
"""Between two columns."""
SHORT_GAP = 1.7
"""Between pieces of one long rule."""
CENTRED = 4.0
"""From the middle of the columns to that of a title; between the ends of rules of one table."""
SHORTEST_RULE = 6.0
"""Shorter ones are parts of letters or drawings; cells reach no further over the end of a rule."""
LONG_RULE = 30.0
"""Between two longer ones a gap is one between groups of columns."""
TABLE_RULE = 60.0
"""Above and below a table without a frame."""
NAME_STARTS = 12
"""Names of rows begin no further apart, with indents."""
WIDER_HEAD = 8
"""How far a short head may reach over the edges of its table."""

# Counts
MOST_LINES = 400
MOST_COLUMNS = 60
MOST_TABLES = 60
"""On a page."""
MOST_RULES = 4_000
"""On a page; a drawing has more."""
MOST_FIELDS = 10_000
"""Of a frame; squared paper has more."""
MOST_HEADS = 7
"""Lines of a head."""
FEWEST_VALUES = 3
"""Of a column; also the cells that show an edge outside a frame, and the dots of a leader."""
MANY = 4
"""Columns of an unruled table of words; words of running text; rows between rules that are
trusted."""
LONG_TEXT = 6
"""Words; more are running text and no cell."""
