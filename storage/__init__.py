"""Where rows and files are kept: one database and one directory."""

from storage.backup import backup, restore
from storage.database import CannotOpen, InUse
from storage.service import migrate, open_storage

__all__ = ["CannotOpen", "InUse", "backup", "migrate", "open_storage", "restore"]
