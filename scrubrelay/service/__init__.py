"""The relay with its sockets, disks and clocks."""
