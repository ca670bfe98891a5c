"""What a hyperparameter's value may be."""

Value = bool | int | float | str
