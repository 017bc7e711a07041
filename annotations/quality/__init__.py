"""The quality of labels: control items, qualification, pausing, setting aside."""
