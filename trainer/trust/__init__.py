"""What an answer is worth: whether it is sure, of a known kind of image, and what it rests on."""
