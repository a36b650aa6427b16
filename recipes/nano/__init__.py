"""nano, from FER2013, RAVDESS and MELD: see README.md."""
