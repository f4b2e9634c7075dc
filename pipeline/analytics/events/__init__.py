"""What happens to events after the detectors found them: joined, recognised from run to run, excused, ranked."""
