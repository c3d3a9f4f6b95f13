"""Pictures packed with losses where they would else be too large to send or to open."""

from __future__ import annotations

import base64
import io
import re

from PIL import Image

QUALITY = 88
INSIDE = re.compile(rb"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)")


def pack_picture(data: bytes, large: int) -> tuple[bytes, str]:
    """Pack a picture as JPEG if it is large.

    Parameters
    ----------
    data : of a PNG file
    large : bytes beyond which that is done; no picture with transparency is

    Returns
    -------
    data, and kind: png or jpeg
    """
    if len(data) <= large:
        return data, "png"
    with Image.open(io.BytesIO(data)) as image:
        if "A" in image.getbands() and image.getchannel("A").getextrema()[0] < 255:
            return data, "png"
        packed = io.BytesIO()
        image.convert("RGB").save(packed, "JPEG", quality=QUALITY, optimize=True)
    return packed.getvalue(), "jpeg"


def as_uri(data: bytes, kind: str) -> str:
    """Write a picture as a data URI."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def pack_svg(text: bytes, large: int) -> bytes:
    """Pack the large ones of the pictures in an SVG file (`pack_picture`)."""

    def pack(found: re.Match) -> bytes:
        data, kind = pack_picture(base64.b64decode(found[1]), large)
        return found[0] if kind == "png" else as_uri(data, kind).encode()

    return INSIDE.sub(pack, text)
