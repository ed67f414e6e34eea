"""A client of the API's WebSockets: exec by v5.channel.k8s.io, ports by SPDY inside. Prints what it gets, one JSON value a line."""
import base64, json, os, socket, ssl, struct, sys, time


class Client:
    def __init__(self, port, path, protocol, headers=()):
        context = ssl.create_default_context(cafile="ca.crt")
        if not any(h.lower().startswith("authorization") for h in headers):
            context.load_cert_chain("admin.crt", "admin.key")
        context.set_alpn_protocols(["http/1.1"])
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
        self.socket.settimeout(15)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                 f"Sec-WebSocket-Key: {key}", f"Sec-WebSocket-Protocol: {protocol}", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self.buffer = b""
        head = b""
        while b"\r\n\r\n" not in self.buffer:
            more = self.socket.recv(4096)
            if not more:
                break
            self.buffer += more
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        self.head = head.decode()
        self.status = int(self.head.split(" ")[1])
        while self.status != 101 and (more := self.socket.recv(65536)):
            self.buffer += more

    def send(self, opcode, data):
        mask = os.urandom(4)
        head = bytes([0x80 | opcode]) + (bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data)))
        self.socket.sendall(head + mask + bytes(b ^ mask[i & 3] for i, b in enumerate(data)))

    def take(self, count):
        while len(self.buffer) < count:
            more = self.socket.recv(65536)
            if not more:
                raise EOFError
            self.buffer += more
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def message(self):
        first, second = self.take(2)
        count = second & 0x7F
        if count == 126:
            (count,) = struct.unpack(">H", self.take(2))
        elif count == 127:
            (count,) = struct.unpack(">Q", self.take(8))
        return first & 15, self.take(count)


def run(client, typed=None):
    """Types, closes the input where v5 can, and gathers what comes by channel until the end."""
    if client.status != 101:
        return {"status": client.status, "body": client.buffer.decode(errors="replace")}
    if typed is not None:
        client.send(2, b"\x00" + typed)
        client.send(2, b"\xff\x00")
    found = {}
    began = time.time()
    try:
        while True:
            opcode, data = client.message()
            if opcode == 8:
                client.send(8, data)
                break
            if opcode == 2:
                found[str(data[0])] = found.get(str(data[0]), "") + data[1:].decode(errors="replace")
    except (EOFError, OSError) as error:
        found["error"] = repr(error)
    found["seconds"] = time.time() - began
    return found


def main():
    port, path, protocol = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    headers = ["Authorization: Bearer " + sys.argv[5]] if len(sys.argv) > 5 and sys.argv[5] else []
    client = Client(port, path, protocol, headers)
    if protocol.startswith("SPDY"):
        print(json.dumps(forward(client)))
    else:
        print(json.dumps(run(client, sys.argv[4].encode() if len(sys.argv) > 4 and sys.argv[4] else None)))


def forward(client):
    """Fetches a page through a forwarded port."""
    import zlib
    dictionary = open("dictionary", "rb").read()
    deflate = zlib.compressobj(zdict=dictionary)

    def text(value):
        return struct.pack(">I", len(value)) + value

    def stream(number, kind):
        plain = struct.pack(">I", 3) + b"".join(text(n) + text(v) for n, v in [(b"streamtype", kind), (b"port", b"8080"), (b"requestid", b"0")])
        block = deflate.compress(plain) + deflate.flush(zlib.Z_SYNC_FLUSH)
        content = struct.pack(">II", number, 0) + b"\0\0" + block
        return struct.pack(">II", 0x80030001, len(content)) + content

    if client.status != 101:
        return {"status": client.status}
    bytes_ = stream(1, b"error") + stream(3, b"data")
    request = b"GET /index.html HTTP/1.0\r\n\r\n"
    bytes_ += struct.pack(">II", 3, len(request)) + request
    for at in range(0, len(bytes_), 50):
        client.send(2, bytes_[at:at + 50])
    got, ended, page = b"", set(), b""
    while ended != {1, 3}:
        opcode, data = client.message()
        if opcode != 2:
            continue
        got += data
        while len(got) >= 8:
            first, second = struct.unpack(">II", got[:8])
            count = second & 0xFFFFFF
            if len(got) < 8 + count:
                break
            content, got = got[8:8 + count], got[8 + count:]
            if first >> 31 == 0:
                page += content
                if second >> 24 & 1:
                    ended.add(first)
    return {"page": page.decode(), "protocol": client.head}


main()
