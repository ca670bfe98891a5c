"""The pages, drawn with Streamlit: `leaderboard` and `classify` have one function ``page(storage)`` each.

What the command line could show as well lives in a room below; how a page is served, in `ui.web`.
"""
