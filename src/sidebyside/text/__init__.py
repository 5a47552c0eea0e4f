"""Text by itself: words, sentences, quantities, polarity. Knows nothing of pages, questions or answers."""
