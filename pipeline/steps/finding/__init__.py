"""The parts of the step that looks for anomalies: read meters, ask the detectors, make events of what they find."""
