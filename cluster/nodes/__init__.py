"""What a node is and says of itself: the code and versions that it runs, and what it answers when all are asked.

Nothing here knows of trials, and importing it is light: a node's fresh process answers within a second or two.
"""
