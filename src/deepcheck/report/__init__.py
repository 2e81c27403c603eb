"""What people look at: tables, pictures, and files written whole or not at all."""
