"""What is checked in records and in files, and how files are de-identified."""
