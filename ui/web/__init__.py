"""The web page's process: `ui.web.starting` starts `ui.web.serving`, which runs Streamlit on `ui.web.app`.

What a page shows lives in `ui.pages`, never here; nor does anything of the command line.

The script that Streamlit runs must not lie beside the folder ``pages``: Streamlit would take each module there for a
page of its own, and run that instead of the script for whoever opens its address first.
"""
