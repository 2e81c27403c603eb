"""Where the files of a data set are.

The ``data`` argument, if given, is the only folder looked in; else ``DEEPCHECK_DATA``, if set, is the only one; else
the user's cache, to which a file that is not there yet is downloaded. Only downloads are compared with a checksum:
a file in one's own folder may have been compressed again.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import final

from deepcheck.errors import DataError

VARIABLE = "DEEPCHECK_DATA"

Folder = str | os.PathLike[str]


@final
@dataclass(frozen=True)
class DataFile:
    """One file of a data set.

    Attributes:
        folder: The data set's folder, below the folder of all data sets.
        name: The file's name.
        sha256: Its checksum, in hexadecimal.
        site: The address that the name is added to for downloading; None if there is none.
    """

    folder: str
    name: str
    sha256: str
    site: str | None = None


def locate(file: DataFile, data: Folder | None = None) -> Path:
    """Find a file of a data set, downloading it only where no folder was named.

    Args:
        file: What to find.
        data: The folder of all data sets; None for ``DEEPCHECK_DATA`` or, without that, the user's cache.

    Raises:
        DataError: The file is not there, and was not or could not be downloaded.
    """
    folder = os.environ.get(VARIABLE) or None if data is None else data
    if folder is None:
        return _in_cache(file)
    path = Path(folder) / file.folder / file.name
    if not path.is_file():
        named = VARIABLE if data is None else "data="
        raise DataError(f"expected {path} (in the folder that {named} names), found no such file: {_remedy(file)}")
    return path


def _remedy(file: DataFile) -> str:
    place = f"put it at {file.folder}/{file.name} of a folder named by data= or {VARIABLE}"
    if file.site is None:
        return f"{place} (it cannot be downloaded; its sha256 is {file.sha256})"
    return f"{place}, from {file.site}{file.name}, or name no folder and it is downloaded"


def _in_cache(file: DataFile) -> Path:
    import pooch  # slow, and not needed where a folder is named

    folder = Path(pooch.os_cache("deepcheck")) / file.folder
    path = folder / file.name
    if file.site is None:
        if not path.is_file():
            raise DataError(f"expected {path}, found no such file, and it cannot be downloaded: {_remedy(file)}")
        return path
    address = file.site + file.name
    try:
        return Path(pooch.retrieve(address, known_hash=f"sha256:{file.sha256}", fname=file.name, path=folder))
    except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong checksum is a ValueError
        reason = " ".join(str(error).split())
        place = f"put the file at {path} or in a folder named by data= or {VARIABLE}"
        raise DataError(f"expected {path}, and downloading {address} failed ({reason}): {place}") from error
