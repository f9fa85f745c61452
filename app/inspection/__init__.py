"""What docqa saw on a page, as facts and as a picture (`docqa inspect`)."""

__all__ = ["page_facts", "page_svg"]
