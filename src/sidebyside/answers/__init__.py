"""From a Question and its evidence to an Answer: one module for each family of questions."""
