"""How answers, tables and progress look on a terminal and in files."""
