from pipeline.validation.model import MeterRules, Validated
from pipeline.validation.registers import register_to_energy
from pipeline.validation.vee import validate

__all__ = ["MeterRules", "Validated", "register_to_energy", "validate"]
