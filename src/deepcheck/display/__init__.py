"""What answers are shown with: tables, pictures, pieces of HTML, files written whole. It knows no answer itself."""
