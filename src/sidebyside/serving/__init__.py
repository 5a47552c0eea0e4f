"""What the chat page and the HTTP interface share: who may ask, running answers, jobs, problems, figures."""
