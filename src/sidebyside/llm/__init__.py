"""The language model: its process, engine and chat formats, LLM servers, and work done in idle time."""
