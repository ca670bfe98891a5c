"""What a dataset holds, in parts that a page can show: which there are, counts, pictures, what was left out.

No Streamlit, and nothing that needs TensorFlow; of images only those asked for are looked at.
"""
