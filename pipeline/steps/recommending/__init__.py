"""The parts of the step `recommend`: reading a year of each site, measuring what was done, and rows to store."""
