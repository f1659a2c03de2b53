"""As much of NATS as a platform needs, with Python's standard library: the protocol is lines of text."""
import asyncio
import json
import secrets
from urllib.parse import unquote, urlsplit


class Refused(Exception):
    """A service has answered with an error."""

    def __init__(self, code, message, details):
        super().__init__(f"{message} ({code})")
        self.code, self.details = code, details


class Nats:
    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer
        self._waiting = {}
        self._inbox = f"_INBOX.{secrets.token_hex(11)}"

    @classmethod
    async def connect(cls, url):
        place = urlsplit(url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port or 4222)
        nats = cls(reader, writer)
        options = {"verbose": False, "headers": True, "no_responders": True, "name": "platform-python"}
        if place.username:
            options |= {"user": unquote(place.username), "pass": unquote(place.password or "")}
        nats._say(f"CONNECT {json.dumps(options)}", f"SUB {nats._inbox}.* 1")
        nats._listening = asyncio.create_task(nats._listen())
        return nats

    async def request(self, subject, body, timeout=5):
        """Asks; the reply's JSON. Raises Refused, TimeoutError, or ConnectionError where nobody answers."""
        token = secrets.token_hex(11)
        answer = self._waiting[token] = asyncio.get_running_loop().create_future()
        self._publish(subject, body, f" {self._inbox}.{token}")
        try:
            headers, payload = await asyncio.wait_for(answer, timeout)
        finally:
            del self._waiting[token]
        if headers.startswith("NATS/1.0 503"):
            raise ConnectionError(f"nothing answers {subject}")
        reply = json.loads(payload)
        if "Nats-Service-Error-Code" in headers:
            error = reply["error"]
            raise Refused(error["code"], error["message"], error.get("details", {}))
        return reply

    async def close(self):
        self._listening.cancel()
        self._writer.close()
        await self._writer.wait_closed()

    def _publish(self, subject, body, reply_to=""):
        payload = json.dumps(body).encode()
        self._writer.write(f"PUB {subject}{reply_to} {len(payload)}\r\n".encode() + payload + b"\r\n")

    def _say(self, *lines):
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())

    async def _listen(self):
        while line := (await self._reader.readline()).decode().strip():
            words = line.split()
            if words[0] == "PING":
                self._say("PONG")
            elif words[0] == "-ERR":
                raise ConnectionError(line)
            elif words[0] in ("MSG", "HMSG"):
                data = await self._reader.readexactly(int(words[-1]) + 2)
                headers = int(words[-2]) if words[0] == "HMSG" else 0
                answer = self._waiting.get(words[1].rsplit(".", 1)[-1])
                if answer and not answer.done():
                    answer.set_result((data[:headers].decode(), data[headers:-2]))
