"""Text that was burned into the pixels of an image: found, read, judged and blacked out."""
