"""What the measured clues speak for: counted on labelled clips of many people; see README.md."""
