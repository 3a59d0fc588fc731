"""What a run's predictions are worth, and beside which figures to read them."""
