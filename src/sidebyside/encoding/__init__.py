"""Texts to vectors: the encoder, its forward pass in numpy, and what is learnt about questions."""
