"""What the pages say about a question: retrieval inside artifacts and across them, the grid, contradictions."""
