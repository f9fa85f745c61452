"""What docqa saw on a page, as facts and as an image (`python -m docqa.app.lab.inspect`)."""

__all__ = ["page_facts", "page_svg", "seen"]
