"""What things are: frozen, typed values without I/O. Imports nothing else of the project."""
