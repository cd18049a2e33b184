"""What pages share: forms, tables, formats, components. Imports no room."""
