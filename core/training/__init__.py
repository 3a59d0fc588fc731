"""One run from its configuration to its recorded history."""
