"""Images out of files that strangers sent: read and decoded by processes that may crash, hang or be full alone.

Nothing here writes to a disk, and nothing that such a process says is trusted to be more than numbers and text.
"""
