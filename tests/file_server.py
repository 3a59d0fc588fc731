"""A web server on this machine that gives one file, as well-behaved as a test wants it."""

import http.server
import threading
from contextlib import contextmanager

CONTENT = bytes(range(256)) * 8000


class Server(http.server.ThreadingHTTPServer):
    """Serves one file at /file; how well-behaved it is, a test decides."""

    content = CONTENT
    ranges = True
    tag: str | None = '"one"'
    length = True
    status = 200
    # How many bytes each answer, one after the other, gets to send before the line breaks.
    breaks: tuple[int, ...] = ()
    asked: list

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/file"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        content, start = server.content, 0
        wanted = self.headers.get("Range")
        server.asked.append(wanted)
        if server.status != 200:
            self.send_error(server.status)
            return
        if wanted and server.ranges and self.headers.get("If-Range") == server.tag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if server.length:
            self.send_header("Content-Length", str(len(content) - start))
        if server.tag:
            self.send_header("ETag", server.tag)
        self.end_headers()
        number = len(server.asked) - 1
        stop = server.breaks[number] if number < len(server.breaks) else len(content)
        self.wfile.write(content[start : start + stop])

    def log_message(self, *_):
        pass


@contextmanager
def serving():
    """A running server; what it was asked for stands in its ``asked``."""
    with Server(("127.0.0.1", 0), Handler) as running:
        running.asked = []
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()
