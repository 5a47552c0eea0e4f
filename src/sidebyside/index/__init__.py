"""What a build publishes and an assistant opens: versions on disk, passages, vectors, word statistics, Chroma."""
