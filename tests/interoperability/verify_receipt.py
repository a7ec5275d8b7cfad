"""Verifies a receipt with PyJWT, as the back end of a game would.

    python verify_receipt.py --issuer URL --jwks FILE_OR_URL < receipt

The receipt is a compact JWS (RFC 7515) on the standard input. Prints its claims as JSON, with the names of
the forgeries that were made of it and refused. Exits with 1, and says why, where the receipt itself or the
key set is not as it should be, or where a forgery was accepted.
"""

import argparse
import base64
import json
import sys
import urllib.request
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

TYPE = "farthing-receipt+jwt"


def verify(receipt: str, keys: jwt.PyJWKSet, issuer: str) -> dict:
    """The claims of a receipt; `jwt.InvalidTokenError` for anything else."""
    header = jwt.get_unverified_header(receipt)
    if header.get("typ") != TYPE:
        raise jwt.InvalidTokenError(f"its type is {header.get('typ')!r}, not {TYPE!r}")
    try:
        key = keys[header.get("kid")]
    except KeyError:
        raise jwt.InvalidTokenError(f"its key {header.get('kid')!r} is not in the key set") from None
    required = {"require": ["iss", "sub", "jti", "iat"]}
    return jwt.decode(receipt, key, algorithms=["ES256"], issuer=issuer, options=required)


def forgeries(receipt: str, keys: jwt.PyJWKSet) -> dict[str, str]:
    """Receipts that look like this one and must be refused."""
    header, claims, signature = receipt.split(".")
    kid, typ = (jwt.get_unverified_header(receipt)[name] for name in ("kid", "typ"))
    content = json.loads(decode(claims))
    public_key = keys[kid].key.public_numbers().x.to_bytes(32, "big")

    def sign(algorithm: str, key: object, typ: str = typ) -> str:
        return jwt.encode(content, key, algorithm, {"kid": kid, "typ": typ})

    other_key = ec.generate_private_key(ec.SECP256R1())
    tampered = bytearray(decode(signature))
    tampered[0] ^= 1
    return {
        "another quantity": f"{header}.{encode(json.dumps(content | {'quantity': 1000}).encode())}.{signature}",
        "another signature": f"{header}.{claims}.{encode(tampered)}",
        "no signature": f"{header}.{claims}.",
        "another key": sign("ES256", other_key),
        "no algorithm": sign("none", None),
        "a public key as the secret": sign("HS256", public_key),
    }


def read_keys(location: str) -> jwt.PyJWKSet:
    if "://" in location:
        with urllib.request.urlopen(location, timeout=10) as answer:
            return jwt.PyJWKSet.from_json(answer.read())
    return jwt.PyJWKSet.from_json(Path(location).read_text())


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def main() -> int:
    arguments = argparse.ArgumentParser(description="Verifies a receipt with PyJWT.")
    arguments.add_argument("--issuer", required=True, help="the gateway that must have made it")
    arguments.add_argument("--jwks", required=True, help="the gateway's key set: a file or a URL")
    given = arguments.parse_args()
    receipt = sys.stdin.read().strip()
    keys = read_keys(given.jwks)
    try:
        claims = verify(receipt, keys, given.issuer)
    except jwt.InvalidTokenError as error:
        print(f"not a receipt: {error}", file=sys.stderr)
        return 1

    attempts = {name: (forged, given.issuer) for name, forged in forgeries(receipt, keys).items()}
    attempts["another issuer"] = (receipt, "https://another.example")
    for name, (forged, issuer) in attempts.items():
        try:
            verify(forged, keys, issuer)
        except jwt.InvalidTokenError:
            continue
        print(f"a forgery was accepted: {name}", file=sys.stderr)
        return 1
    print(json.dumps({"claims": claims, "refused": sorted(attempts)}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
