"""What docqa saw on a page, as facts and as a picture (`docqa inspect`)."""
