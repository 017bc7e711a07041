"""Tables as files: what may be exported, in which format, by a worker where they are large."""
