"""From an image file to model input: decode, preprocess, augment, cache."""
