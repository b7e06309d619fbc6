"""The portal at one address, in a process that is born again as often as somebody kills it.

What takes long is done once, by the parent, who also holds the socket: whoever comes between two lives waits.
`python -m tests.intake.mortal` says the address and then the number of each life's process, a line each.
"""

from __future__ import annotations

import os
import socket
import sys

from werkzeug.serving import make_server

from config import Settings
from portal.app import create_app


def main() -> None:
    app = create_app(Settings.from_environment(dict(os.environ)))
    app.extensions["engine"].dispose()
    host, port = app.config["LISTENS_AT"]
    with socket.create_server((host, port), backlog=64) as listening:
        _say("ready")
        while True:
            child = os.fork()
            if not child:
                make_server(host, port, app, threaded=True, fd=listening.fileno()).serve_forever()
            _say(str(child))
            os.waitpid(child, 0)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
