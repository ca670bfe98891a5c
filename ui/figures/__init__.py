"""The page's figures: numbers in, plotly figures out. No Streamlit; each keeps to the one `look`."""
