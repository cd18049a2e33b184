"""Who is on the staff and what they may do: proposed by one administrator, approved by another."""
