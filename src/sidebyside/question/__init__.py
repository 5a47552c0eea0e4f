"""From the words of a question, and the conversation before it, to a Question."""
