"""Work that is done aside by a worker: exports, loads, models, messages. The queue is in PostgreSQL (procrastinate)."""
