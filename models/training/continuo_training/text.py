"""Text of unknown encoding: what files and file names hold."""

from __future__ import annotations

import codecs
import os
import unicodedata


def decoded(data: bytes, charset: str | None = None) -> str:
    """The text in `data`: UTF-8 or UTF-16 by its mark, else UTF-8, else `charset`, else Windows' Latin alphabet.

    Every text is read; a byte without a meaning is written by its number.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode(charset or "cp1252", "backslashreplace")
    except (LookupError, ValueError):
        return data.decode("cp1252", "backslashreplace")


def plain(text: str) -> str:
    """One line without control characters or lone surrogates: what a title, a name or a remark may hold."""
    kept = (" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    return " ".join("".join(kept).split())


def file_title(name: str) -> str:
    """A file name as a title."""
    return plain(decoded(os.fsencode(name)))


def file_id(name: str) -> str:
    """A file name or path as it can be written anywhere: what is not UTF-8 or not printed by its number."""
    signs = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in signs)
