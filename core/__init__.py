"""Everything of ChestBench that works without a browser; never imports streamlit."""
