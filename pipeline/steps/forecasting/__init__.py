"""Forecasts of a whole warehouse: read in bulk, issued in groups that learn together, made to agree, stored."""
