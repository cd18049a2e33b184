"""The check of a file: findings on every row, offers to clean it, risks."""
