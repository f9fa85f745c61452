"""What a model is shown: the layout of documents, chat templates, thinking."""
