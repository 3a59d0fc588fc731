"""The catalog of images: collections, labels, splits."""
