"""What the product is measured against, where it is a program of our own."""
