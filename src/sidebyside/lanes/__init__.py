"""The answer lanes: what each kind of question is answered with."""
