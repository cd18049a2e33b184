"""What pages share: forms, tables, formats, components. Knows no room."""
