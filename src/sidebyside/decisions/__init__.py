"""Decision records: made from answers, written in three forms, and asked again on today's library."""
