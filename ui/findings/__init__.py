"""What there is to say of searches and their trials: figures with sentences and tables, ready to be shown.

No Streamlit: the pages draw what is found here.
"""
