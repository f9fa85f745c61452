"""Processes that read: what they and their parent say to each other, how long they work, and what they may take."""

__all__ = ["forks", "limits", "messages", "processor_time"]
