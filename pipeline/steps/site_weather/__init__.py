"""The parts of the weather step: asking the provider, and fitting each site."""
