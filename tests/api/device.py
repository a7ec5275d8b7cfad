"""A device, as a wallet would be: it enrols, proves each request by its key (RFC 9449), keeps a journal."""

import base64
import hashlib
import json
import time
import uuid
from datetime import UTC, datetime

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import ec

TIMEOUT_SECONDS = 10


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sha256(data: bytes) -> str:
    return base64url(hashlib.sha256(data).digest())


def money(amount: str) -> dict:
    return {"amount": amount, "currency": "USD"}


def card(number: str) -> dict:
    return {"number": number, "expiry_month": 12, "expiry_year": datetime.now(UTC).year + 3, "cvc": "123"}


def entry(body: dict) -> dict:
    """An entry that has no place in a journal yet."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"version": 1, "id": str(uuid.uuid4()), "at": at, "body": body}


def content_of(token: str) -> dict:
    """What a signed document says. Whether the signature is right is for other tests."""
    return jwt.decode(token, options={"verify_signature": False})


class Proof(requests.auth.AuthBase):
    """Adds a proof by a device's key to each request, and an access token where there is one."""

    def __init__(self, device: "Device", token: str | None = None):
        self.device = device
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        claims = {
            "htm": request.method,
            "htu": request.url.split("?")[0].split("#")[0],
            "iat": int(time.time()),
            "jti": str(uuid.uuid4()),
        }
        if self.device.nonce:
            claims["nonce"] = self.device.nonce
        if self.token:
            claims["ath"] = sha256(self.token.encode())
            request.headers["Authorization"] = f"DPoP {self.token}"
        header = {"typ": "dpop+jwt", "jwk": self.device.public_key}
        request.headers["DPoP"] = jwt.encode(claims, self.device.key, "ES256", header)
        request.register_hook("response", self.device.take_nonce)
        return request


class Device:
    """An enrolled device, with the requests that a wallet makes and those that only an attacker would."""

    def __init__(self, address: str, publishable_key: str):
        self.address = address
        self.key = ec.generate_private_key(ec.SECP256R1())
        point = self.key.public_key().public_numbers()
        x, y = (base64url(number.to_bytes(32, "big")) for number in (point.x, point.y))
        self.public_key = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        self.thumbprint = sha256(json.dumps(dict(sorted(self.public_key.items())), separators=(",", ":")).encode())
        self.nonce = None
        self.proof = Proof(self)
        # The first proof can't know the nonce; the refusal names it.
        requests.post(f"{address}/v1/enrolments", json={}, auth=self.proof, timeout=TIMEOUT_SECONDS)
        enrolment = self.post("/v1/enrolments", {"publishable_key": publishable_key}, auth=self.proof)
        self.id, self.account = enrolment["device"], enrolment["account"]
        self.journal = content_of(enrolment["statement"])["journal"]
        self.renew_token()
        self.allowance = 0

    def renew_token(self) -> None:
        # The nonce may be too old; the refusal names the next.
        requests.post(f"{self.address}/v1/token", json={}, auth=self.proof, timeout=TIMEOUT_SECONDS)
        token = self.post("/v1/token", {"device": self.id}, auth=self.proof)["access_token"]
        self.authorised = Proof(self, token)

    def take_nonce(self, response: requests.Response, **_: object) -> None:
        self.nonce = response.headers.get("DPoP-Nonce", self.nonce)

    def post(self, path: str, body: dict, auth: Proof | None = None, headers: dict | None = None) -> dict:
        auth = auth or self.authorised
        answer = requests.post(self.address + path, json=body, auth=auth, headers=headers, timeout=TIMEOUT_SECONDS)
        if not answer.ok:
            raise RuntimeError(f"POST {path} was answered with {answer.status_code}: {answer.text}")
        return answer.json()

    def add_card(self, number: str) -> str:
        return self.post("/v1/cards", card(number))["id"]

    def top_up(self, amount: str, card: str) -> dict:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        return self.post("/v1/top-ups", {"amount": money(amount), "card": card}, headers=key)

    def raise_allowance(self) -> None:
        allowances = [content_of(token) for token in self.post("/v1/allowances", {})["allowances"]]
        self.allowance = max(
            (allowance["version"] for allowance in allowances if allowance["limit"]["currency"] == "USD"), default=0
        )

    def purchase(self, price: str = "0.25", sku: str = "extra_life") -> dict:
        item = {"sku": sku, "quantity": 1, "unit_price": money(price), "total": money(price)}
        return entry({"type": "purchase"} | item | {"catalog": 1, "allowance": self.allowance})

    def consume(self) -> dict:
        return entry({"type": "consume", "sku": "extra_life", "quantity": 1, "operation": str(uuid.uuid4())})

    def release(self) -> dict:
        return entry({"type": "release", "amount": money("0.01"), "allowance": self.allowance})

    def batch(self, *entries: dict | bytes, skip: int = 0, signed_by: ec.EllipticCurvePrivateKey | None = None) -> dict:
        """A batch of entries that follow from the settled journal; bytes go into the chain as they are."""
        first_seq = self.journal["seq"] + 1 + skip
        previous = self.journal["head"]
        chain = []
        for seq, content in enumerate(entries, first_seq):
            if isinstance(content, dict):
                content = json.dumps(content | {"seq": seq, "previous": previous}, separators=(",", ":")).encode()
            chain.append(content)
            previous = sha256(content)
        claims = {"device": self.id, "epoch": self.journal["epoch"]}
        claims |= {"first_seq": first_seq, "last_seq": first_seq + len(chain) - 1, "head": previous}
        header = {"kid": self.thumbprint, "typ": "farthing-batch+jwt"}
        signature = jwt.encode(claims, signed_by or self.key, "ES256", header)
        return {"batch": signature, "entries": [base64url(content) for content in chain]}

    def send_journal(self, batch: dict) -> requests.Response:
        address = f"{self.address}/v1/journal"
        return requests.post(address, json=batch, auth=self.authorised, timeout=TIMEOUT_SECONDS)

    def upload(self, batch: dict) -> None:
        answer = self.send_journal(batch)
        answer.raise_for_status()
        self.take_settlement(answer.json())

    def take_settlement(self, answer: dict) -> None:
        """Goes on from where the gateway's copy of the journal ends, if it is this device's."""
        settlement = content_of(answer["settlement"])
        if settlement["device"] == self.id:
            self.journal = settlement["statement"]["journal"]
