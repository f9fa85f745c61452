"""Past questions and answers: one SQLite database in the folder of all that docqa keeps. No model, no torch here.

records.py      what is kept, as plain values         query.py       a person's words as a search
database.py     the file: private, shared, repaired   cited_pages.py the page text that an answer cites
history.py      sessions and turns in it              markdown.py, html_page.py: what is sent to a colleague
recorder.py     how a front end writes into it        answered.py    answers that are shown so without being kept
"""

__all__ = ["answered", "cited_pages", "export", "history", "html_page", "markdown", "recorder", "records"]
