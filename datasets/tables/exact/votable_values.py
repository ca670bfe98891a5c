"""How astropy is to write the values of a VOTable: all digits, what is missing in lists, and nothing XML forbids."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from datasets.tables.exact.names import in_xml

Output = Callable[[Any, Any], str]


class ExactValues:
    """Makes the fields and parameters of a file write their values exactly, without a change to what is said of them.

    Attributes:
        escaped: names of those of which a text had characters that XML forbids, as far as they have been written.
    """

    def __init__(self) -> None:
        self.escaped: dict[str, None] = {}

    def of_file(self, file: Any) -> None:
        """Have all values of a file written so, of whichever table."""
        from astropy.io.votable import tree

        kinds = {kind: _exact_kind(kind) for kind in (tree.Field, tree.Param)}
        for field in [*file.params, *file.iter_fields_and_params()]:
            object.__setattr__(field, "__class__", kinds[type(field)])
            field.escaped = self.escaped
            field.converter = None


def _exact_kind(kind: type) -> type:
    """Return a kind of field whose converter is always ours: astropy makes a new one each time that it writes."""
    own = property(lambda field: field.__dict__["converter"], lambda field, _: _set_converter(field))
    return type(f"Exact{kind.__name__}", (kind,), {"converter": own})


def _set_converter(field: Any) -> None:
    converter = _converter(field)
    if field.datatype in {"char", "unicodeChar"}:
        converter.output = _of_text(field, converter.output)
    elif field.arraysize is not None and field.datatype != "bit":  # bits cannot be missing
        converter.output = _of_list(_converter(field, is_element=True).output)
    field.__dict__["converter"] = converter


def _converter(field: Any, *, is_element: bool = False) -> Any:
    """Make what turns values, or elements of a list, into text. By ``precision`` astropy would round them."""
    from astropy.io.votable.converters import get_converter

    said = field.precision, field.width, field.arraysize
    field.precision = field.width = None
    if is_element:
        field.arraysize = None
    converter = get_converter(field)
    field.precision, field.width, field.arraysize = said
    return converter


def _of_text(field: Any, output: Output) -> Output:
    def write(value: Any, mask: Any) -> str:
        text = output(value, mask)
        if (escaped := in_xml(text)) != text:
            field.escaped[str(field.name)] = None
        return escaped

    return write


def _of_list(output: Output) -> Output:
    """Return what writes lists, element by element: astropy looks at no mask in lists of any length."""

    def write(value: Any, mask: Any) -> str:
        data = np.ma.getdata(value)
        hidden = np.broadcast_to(np.ma.getmaskarray(value) | np.asarray(mask, np.bool_), data.shape)
        return " ".join(_elements(output, data, hidden))

    return write


def _elements(output: Output, data: Any, hidden: Any) -> Iterator[str]:
    is_complex = data.dtype.kind == "c"
    for value, is_hidden in zip(data.flat, hidden.flat, strict=True):
        yield "NaN NaN" if is_complex and is_hidden else output(value, is_hidden)
