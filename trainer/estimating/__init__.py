"""What scores can be relied on for: intervals, the gain of a choice, and what the choosing itself made look better.

Numbers of classes in, figures and one sentence out; nothing here knows a network, a trial or a file.
"""
