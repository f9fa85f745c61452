"""Past questions and answers: one SQLite database in the folder of all that docqa keeps. No model, no torch here.

records.py      what is kept, as plain values         query.py       a person's words as a search
database.py     the file: private, shared, repaired   markdown.py, html_page.py: what is sent to a colleague
history.py      sessions and turns in it              answered.py    answers that are shown so without being kept
recorder.py     how a front end writes into it
"""

__all__ = ["answered", "export", "forget", "history", "html_page", "markdown", "recorder", "records"]
