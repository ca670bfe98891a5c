"""Sources whose classes are made of volunteers' votes by rules."""
