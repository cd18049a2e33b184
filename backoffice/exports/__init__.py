"""Exports of long lists: a worker writes the file, the asker downloads it, and it is deleted after a time."""
