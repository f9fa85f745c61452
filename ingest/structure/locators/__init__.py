"""How a document itself names its places: the locators of its sections, and of the numbered parts
in them.
"""

__all__ = ["items", "marks", "sections"]
