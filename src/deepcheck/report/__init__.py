"""What people look at: whole runs as one page, sentences, linear regions."""
