"""CSV files of long lists: written by a worker, fetched by whoever asked, deleted after a time."""
