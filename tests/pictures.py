"""Pictures as clients send them: PNGs in base64."""

import base64
import io
from typing import Any

from PIL import Image

BLUE = (20, 40, 200, 255)
BLACK = (0, 0, 0, 255)
CLEAR = (0, 0, 0, 0)


def picture(*, size: tuple[int, int] = (256, 256), mode: str = "RGBA", file_format: str = "PNG", **save: Any) -> str:
    """A blue square on transparency, as far as the mode has colours and transparency."""
    image = Image.new("RGBA", size, CLEAR)
    image.paste(BLUE, (8, 8, size[0] // 2, size[1] // 2))
    return encoded(image.convert(mode), file_format=file_format, **save)


def encoded(image: Image.Image, *, file_format: str = "PNG", **save: Any) -> str:
    file = io.BytesIO()
    image.save(file, file_format, **save)
    return base64.b64encode(file.getvalue()).decode()
