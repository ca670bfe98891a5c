"""Rules that make classes of a table's numbers: ``spiral = "Class1.2 >= 0.43 and Class4.1 >= 0.619"``.

Nothing here may run code of a rule, or know where a table lies.
"""
