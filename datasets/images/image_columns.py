"""Names that people give to the columns of a table that lead to images, or name what these show."""

import re
from collections.abc import Iterable, Sequence

IMAGE_COLUMNS = (
    *("path", "filepath", "fullpath", "imagepath", "imgpath", "fileloc", "filelocation", "localpath", "relativepath"),
    *("filename", "imagefilename", "imagefile", "imagename", "imgname", "imgfile", "file", "image", "img", "images"),
    *("jpg", "jpeg", "png", "pngloc", "jpgloc", "localpngloc", "picture", "photo", "cutout", "fits", "fitsfile"),
    *("imageid", "imgid", "idstr", "assetid", "iauname", "dr7objid", "dr8objid", "galaxyid", "objid", "objectid"),
    *(
        "specobjid",
        "sourceid",
        "subjectid",
        "dr8id",
        "hubbleid",
        "gzid",
        "zooniverseid",
        "zooid",
        "name",
        "galaxyname",
        "galaxy",
        "galid",
        "id",
    ),
)
"""Whole paths first, then names, then ids; in small letters, without blanks and signs between words."""
URI_COLUMNS = ("uri", "imageuri", "fileuri", "url", "imageurl", "cutouturl", "jpgurl", "s3uri", "s3path")
"""Those that name images by URIs of a storage. An import takes none of them."""
ID_COLUMNS = (
    *("objid", "objectid", "galaxyid", "galid", "sourceid", "targetid", "specobjid", "dr7objid", "dr8objid"),
    *("iauname", "idstr", "galaxyname", "objname", "id", "ids"),
)
"""Those that name the galaxy: images of one show the same. Spelled as the others; what may only count rows is last."""
_BETWEEN = re.compile(r"[\W_]+")


def known(names: Iterable[str], wanted: Sequence[str]) -> list[str]:
    """Return those of a table's columns that have one of the ``wanted`` names, in the order of these.

    Case does not matter, nor what parts words: ``File_Path`` is ``filepath``.
    """
    keys = {name: _BETWEEN.sub("", name.casefold()) for name in names}
    return sorted((name for name in keys if keys[name] in wanted), key=lambda name: wanted.index(keys[name]))
