"""A cluster for a measurement, and a client of it: of the standard library alone, so that nothing has to be installed."""
import base64, copy, http.client, json, os, re, shutil, ssl, subprocess, sys, tempfile, threading, time


class Client:
    def __init__(self, kubeconfig, folder):
        text = open(kubeconfig).read()
        def data(name):
            path = os.path.join(folder, name)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
                f.write(base64.b64decode(re.search(name + r": *(\S+)", text).group(1)))
            return path
        self.host, self.port = re.search(r"server: https://([^:\s]+):(\d+)", text).groups()
        self.context = ssl.create_default_context(cafile=data("certificate-authority-data"))
        self.context.load_cert_chain(data("client-certificate-data"), data("client-key-data"))
        self.connection = self.open()

    def open_client(self):
        """Another one with a connection of its own, for another thread."""
        other = copy.copy(self)
        other.connection = other.open()
        return other

    def open(self):
        return http.client.HTTPSConnection(self.host, int(self.port), context=self.context)

    def call(self, method, path, body=None):
        self.connection.request(method, path, json.dumps(body) if body else None, {"content-type": "application/json"})
        answer = self.connection.getresponse()
        value = json.loads(answer.read())
        if answer.status >= 300:
            sys.exit("Error: %s %s: %s" % (method, path, value.get("message")))
        return value

    def text(self, path):
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        return answer.read().decode()


class Watch:
    """The moments at which pods were seen Ready."""
    def __init__(self, client):
        self.ready, self.changed = {}, threading.Condition()
        connection = client.open()
        connection.request("GET", "/api/v1/namespaces/default/pods?watch=true")
        answer = connection.getresponse()
        threading.Thread(target=self.follow, args=(answer,), daemon=True).start()

    def follow(self, answer):
        for line in answer:
            now = time.monotonic()
            object = json.loads(line)["object"]
            conditions = object.get("status", {}).get("conditions", [])
            if any(c["type"] == "Ready" and c["status"] == "True" for c in conditions):
                with self.changed:
                    self.ready.setdefault(object["metadata"]["name"], now)
                    self.changed.notify_all()

    def wait(self, name, seconds=60):
        with self.changed:
            if not self.changed.wait_for(lambda: name in self.ready, seconds):
                sys.exit("Error: the pod %s was not ready within %d s" % (name, seconds))
            return self.ready[name]


class Cluster:
    """One of its own, whose state goes when the measurement ends. As root it is in a network namespace, see 'alone'."""
    def __init__(self, kastell):
        self.kastell = os.path.realpath(kastell)
        self.folder = tempfile.mkdtemp(prefix="kastell-bench-")
        self.state, self.kubeconfig = os.path.join(self.folder, "state"), os.path.join(self.folder, "kubeconfig")
        self.port = str(20000 + os.getpid() % 20000)

    def up(self):
        """Starts it; a client of it."""
        subprocess.run([self.kastell, "up", "--detach", "--state-dir", self.state, "--kubeconfig", self.kubeconfig, "--api-port", self.port],
                       check=True, stdout=subprocess.DEVNULL)
        return Client(self.kubeconfig, self.folder)

    def load(self, image):
        subprocess.run([self.kastell, "image", "load", "--state-dir", self.state, image], check=True, stdout=subprocess.DEVNULL)

    def down(self):
        subprocess.run([self.kastell, "down", "--state-dir", self.state], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def remove(self):
        subprocess.run([self.kastell, "down", "--state-dir", self.state, "--purge"], check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)


def alone(isInside):
    """As root, runs this program again in a network namespace of its own: nothing of the machine's network is touched."""
    if os.geteuid() == 0 and not isInside:
        os.execvp("unshare", ["unshare", "--net", sys.executable] + sys.argv + ["--inside"])
    if isInside:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
