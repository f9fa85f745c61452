"""What a model is shown: the layout of documents, chat templates, thinking."""

__all__ = [
    "chat_template",
    "conversation",
    "prompt",
    "summary_prompt",
    "thinking",
    "written_prompt",
]
