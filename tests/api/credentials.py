"""Kinds of credentials that requests are made with, right ones and wrong ones, and what each opens.

`run.py` names one of them in FARTHING_CREDENTIAL; then every request of that run comes with it, whatever it asks for.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import requests

from device import TIMEOUT_SECONDS, Device, Proof

# How far the gateway's clock is put ahead, so that tokens have expired: they are good for an hour.
AHEAD_SECONDS = 7_200


class Cast(Protocol):
    """Who can lend a credential."""

    publishable_key: str
    secret_key: str
    device: Device
    frozen: Device
    revoked: Device
    stranger: Device

    def enrolment_token(self) -> str: ...


class Bearer(requests.auth.AuthBase):
    """A key."""

    def __init__(self, key: str):
        self.key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.key}"
        return request


class DeviceOrProof(requests.auth.AuthBase):
    """What a device sends: with its token, or its proof alone where there is no token yet."""

    def __init__(self, device: Device):
        self.device = device

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        path = request.path_url.split("?")[0]
        has_token = path not in ("/v1/enrolments", "/v1/token")
        return (self.device.authorised if has_token else self.device.proof)(request)


@dataclass(frozen=True)
class Credential:
    """A kind of credential."""

    # The security schemes of the document that it satisfies.
    opens: frozenset[str]
    auth: Callable[[Cast], requests.auth.AuthBase | None]


def device_of(name: str) -> Callable[[Cast], requests.auth.AuthBase]:
    return lambda cast: DeviceOrProof(getattr(cast, name))


def expired(cast: Cast) -> Proof:
    """The device's token from before the gateway's clock was put ahead; the device itself has the next one."""
    faults, address = {"clock_skew_seconds": AHEAD_SECONDS}, f"{cast.device.address}/v1/sandbox/faults"
    answer = requests.put(address, json=faults, auth=Bearer(cast.secret_key), timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    old = cast.device.authorised
    cast.device.renew_token()
    return old


NOTHING: frozenset[str] = frozenset()
DEVICE = frozenset({"dpop", "proof"})

CREDENTIALS = {
    "none": Credential(NOTHING, lambda _: None),
    "garbage": Credential(NOTHING, lambda _: Bearer(secrets.token_urlsafe())),
    "publishable": Credential(frozenset({"publishable"}), lambda cast: Bearer(cast.publishable_key)),
    "secret": Credential(frozenset({"publishable", "merchant"}), lambda cast: Bearer(cast.secret_key)),
    "another-secret": Credential(NOTHING, lambda _: Bearer(f"sk_test_{secrets.token_urlsafe(24)}")),
    "device": Credential(DEVICE, device_of("device")),
    # Its token, and the stranger's proof of having it.
    "stolen": Credential(NOTHING, lambda cast: Proof(cast.stranger, cast.device.authorised.token)),
    # Another player's device: it may ask, and must see nothing of this one.
    "stranger": Credential(DEVICE, device_of("stranger")),
    "frozen": Credential(DEVICE, device_of("frozen")),
    "revoked": Credential(DEVICE, device_of("revoked")),
    "expired": Credential(NOTHING, lambda cast: expired(cast)),
    "enrolment-token": Credential(NOTHING, lambda cast: Proof(cast.device, cast.enrolment_token())),
}
