"""Everything of ChestBench that works without a browser; never imports streamlit."""

import warnings

# What is wrong with a file is said in one sentence. Pillow warns of every broken tag of a TIFF
# besides, dozens a file; pydicom quotes the values that it doubts, a patient's among them. Both
# are silenced here, which every process imports first: warnings.catch_warnings changes the filters
# of all threads, and a filter set while some thread is within it is forgotten at its end.
QUIET_READERS = (r"PIL\.TiffImagePlugin", "pydicom")
for _reader in QUIET_READERS:
    warnings.filterwarnings("ignore", module=_reader)
