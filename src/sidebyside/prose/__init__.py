"""Cells in the words of the LLM: prompts, writing, and the checks that every cell passes before it is shown."""
