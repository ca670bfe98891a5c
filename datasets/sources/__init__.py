"""Forms in which people keep labelled images. Each module lists the images of one form; none is decoded there."""
