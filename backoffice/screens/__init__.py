"""What pages share: the frame, lists, statuses, formats, search, and form parts derived from the protocol."""
