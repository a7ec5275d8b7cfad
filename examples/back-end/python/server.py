"""A game's back end: enrolment tokens, webhooks, receipts. See ../README.md."""

import json
import os
import threading
import urllib.request
from base64 import urlsafe_b64encode
from collections import Counter, defaultdict
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from standardwebhooks import Webhook, WebhookVerificationError

GATEWAY = os.environ["FARTHING_GATEWAY"]
SECRET_KEY = os.environ["FARTHING_SECRET_KEY"]
ROOT_KEY = os.environ["FARTHING_ROOT_KEY"]
ENVIRONMENT = os.environ.get("FARTHING_ENVIRONMENT", "live")
WEBHOOK = Webhook(os.environ["FARTHING_WEBHOOK_SECRET"])

# Who is signed in is your own affair; this is where your sessions go.
SESSIONS = {"session-of-ada": "ada", "session-of-bob": "bob"}


class Refused(Exception):
    """What is wrong with a request, for who made it."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


def ask(path: str, body: dict | None = None) -> dict:
    """Asks the gateway something that takes the secret key, which never leaves this server."""
    headers = {"Authorization": f"Bearer {SECRET_KEY}", "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(GATEWAY + path, data, headers), timeout=10) as answer:
        return json.load(answer)


class Grants:
    """Who was given what. In a database: a table with a unique key on the purchase."""

    def __init__(self):
        self.lock = threading.Lock()
        self.granted: set[str] = set()
        self.inventories: dict[str, Counter] = defaultdict(Counter)

    def grant(self, user: str, purchase: dict) -> None:
        """Gives a player what was bought, or what is in a bundle, once for each purchase.

        What was paid by use, tipped, or put into the balance is no thing to give."""
        if any(member in purchase for member in ("metered", "tip", "credits")):
            return
        contents = purchase.get("contents", [{"sku": purchase["sku"], "quantity": 1}])
        with self.lock:
            if purchase["jti"] not in self.granted:
                self.granted.add(purchase["jti"])
                for part in contents:
                    self.inventories[user][part["sku"]] += part["quantity"] * purchase["quantity"]

    def inventory(self, user: str) -> dict:
        with self.lock:
            return dict(self.inventories[user])


GRANTS = Grants()
USERS: dict[str, str | None] = {}


def buyer(purchase: dict) -> str | None:
    """Whose account has paid. Nobody's in particular, where a wallet of the sandbox enrolled without a token."""
    account = purchase["sub"]
    if account not in USERS:
        USERS[account] = ask(f"/v1/purchases/{purchase['jti']}").get("user")
    return USERS[account]


def thumbprint(key: dict) -> str:
    """A key's name (RFC 7638)."""
    members = json.dumps({name: key[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return urlsafe_b64encode(sha256(members.encode()).digest()).rstrip(b"=").decode()


class Keys:
    """The gateway's keys. The root key, which never changes, has signed which they are, so TLS need not be trusted."""

    def __init__(self):
        key_set = ask("/v1/keys")["key_set"]
        root = jwt.decode(key_set, options={"verify_signature": False})["root"]
        if thumbprint(root) != ROOT_KEY or jwt.get_unverified_header(key_set).get("typ") != "farthing-key-set+jwt":
            raise RuntimeError("another gateway's keys")
        signed = jwt.decode(key_set, jwt.PyJWK(root, "ES256"), algorithms=["ES256"], options={"verify_iat": False})
        self.issuer = signed["issuer"]
        self.keys = {thumbprint(key): jwt.PyJWK(key, "ES256") for key in signed["keys"]}


KEYS: Keys | None = None


def verify(receipt: str) -> dict:
    """What a receipt says."""
    global KEYS
    header = jwt.get_unverified_header(receipt)
    if header.get("typ") != "farthing-receipt+jwt":
        raise Refused(400, "not a receipt")
    # A key that is not known may be a new one.
    if KEYS is None or header.get("kid") not in KEYS.keys:
        KEYS = Keys()
    key = KEYS.keys.get(header.get("kid"))
    if key is None:
        raise Refused(400, "not a receipt of this gateway")
    required = {"require": ["iss", "sub", "jti"]}
    purchase = jwt.decode(receipt, key, algorithms=["ES256"], issuer=KEYS.issuer, options=required)
    if purchase["environment"] != ENVIRONMENT:
        raise Refused(400, "no real money was paid")
    return purchase


class BackEnd(BaseHTTPRequestHandler):
    def signed_in(self) -> str:
        user = SESSIONS.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if user is None:
            raise Refused(401, "sign in first")
        return user

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def enrolment_token(self) -> dict:
        return ask("/v1/enrolment-tokens", {"user": self.signed_in()})

    def webhook(self) -> None:
        try:
            # The signature is over the bytes as they came.
            message = WEBHOOK.verify(self.body(), dict(self.headers))
        except (WebhookVerificationError, ValueError):
            raise Refused(400, "not a message of the gateway") from None
        # Of what was rejected nothing was granted here. Other messages are not for us, and taken all the same.
        for purchase in message["data"]["purchases"] if message["type"] == "purchases.settled" else []:
            if user := buyer(purchase):
                GRANTS.grant(user, purchase)

    def receipt(self) -> dict:
        user = self.signed_in()
        try:
            purchase = verify(json.loads(self.body())["receipt"])
        except jwt.InvalidTokenError:
            raise Refused(400, "not a receipt of this gateway") from None
        if buyer(purchase) != user:
            raise Refused(403, "somebody else's receipt")
        GRANTS.grant(user, purchase)
        return {"purchase": purchase["jti"]}

    def inventory(self) -> dict:
        return GRANTS.inventory(self.signed_in())

    ROUTES = {
        "POST /enrolment-token": enrolment_token,
        "POST /farthing": webhook,
        "POST /receipts": receipt,
        "GET /inventory": inventory,
    }

    def answer(self) -> None:
        route = self.ROUTES.get(f"{self.command} {self.path}")
        try:
            if route is None:
                raise Refused(404, "there is nothing here")
            answer = route(self)
            status = 204 if answer is None else 200
        except Refused as refused:
            status, answer = refused.status, {"error": str(refused)}
        except Exception as error:
            # With a 500 the gateway sends its message again.
            self.log_error("%r", error)
            status, answer = 500, {"error": "try again later"}
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = answer


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), BackEnd)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
