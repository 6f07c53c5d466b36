"""Pages: what everyone may see without login, and the desks of those who publish, count and export."""
