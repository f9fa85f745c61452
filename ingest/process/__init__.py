"""Processes that read: their messages, their processor time, their limits."""

__all__ = ["limits", "messages", "processor_time"]
