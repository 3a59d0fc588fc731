"""The backbones, the classifier built on one, and its weights."""
