"""The recorder: a headless server that writes what debugged programs send into a recording.

connection.py talks with one client, intake.py judges what it sends, machines.py knows the machines,
journal.py gets it all to disk, listening.py opens the sockets, server.py decides when to end.
The protocol: docs/protocol.md.
"""

from __future__ import annotations

from am_dbg.recorder.server import Options, Recorder, record

__all__ = ["Options", "Recorder", "record"]
