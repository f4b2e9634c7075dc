"""The two halves of the step that alerts: write down what to tell, then send it."""
