"""The views, drawn with Streamlit: each is a module with a function ``page(site)``, listed in `ui.web.app`.

What the command line could show as well lives in a room below; how a page is served, in `ui.web`.
"""
