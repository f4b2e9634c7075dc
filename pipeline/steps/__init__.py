"""The steps of the pipeline: each reads the warehouse, asks the models and stores rows with a run id.

Every step has ``run(progress) -> StepReport`` and stores its results in one transaction. A step whose inputs have not
changed since its last run does nothing.
"""
