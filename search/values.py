"""What a hyperparameter's value may be, and what JSON reads as."""

from typing import Any

Value = bool | int | float | str
Values = dict[str, Value]
JsonObject = dict[str, Any]
"""An object as `json.loads` returns it: its keys are text, and who reads it knows what they hold."""
