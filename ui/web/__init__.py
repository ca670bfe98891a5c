"""The web page's process: `ui.web.serving` runs Streamlit on `ui.web.app`, which joins the pages of `ui.pages`.

The script that Streamlit runs must not lie beside the folder ``pages``: Streamlit would take each module there for a
page of its own, and run that instead of the script for whoever opens its address first.
"""
