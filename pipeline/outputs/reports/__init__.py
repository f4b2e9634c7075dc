"""Reports of a site and period for people: the figures of the pages as PDF, Excel and CSV."""
