"""Small pretrained nets of perception, each an architecture of its own that no library of ours has."""
