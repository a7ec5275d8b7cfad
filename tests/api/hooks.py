"""What schemathesis does around each request to the gateway (it loads this by SCHEMATHESIS_HOOKS).

Generated requests alone would all be refused at the door. So most of them are made by an enrolled device or
with the merchant's secret key, as the operation's `security` asks, and of those that keep to the schema every
other one names things that exist: a card of the account, entries that follow from the settled journal.
"""

import atexit
import itertools
import json
import os
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import requests
import schemathesis
from cryptography.hazmat.primitives.asymmetric import ec
from schemathesis import GenerationMode

from device import TIMEOUT_SECONDS, Device, card, money

ADDRESS = os.environ["FARTHING_ADDRESS"]
PUBLISHABLE_KEY = os.environ["FARTHING_PUBLISHABLE_KEY"]
SECRET_KEY = os.environ["FARTHING_SECRET_KEY"]

SUCCEEDS = "4242424242424242"
IS_DECLINED = "4000000000000002"
ASKS_FOR_3D_SECURE = "4000002760003184"
TIMES_OUT = "4000000000004202"

# Of so many requests to an operation one goes out as a stranger would send it, and one is a frozen device's.
ROUND, STRANGER, FROZEN = 16, 7, 11
# What requests are counted as whose method the path doesn't have.
OTHER_METHODS = "other methods"

ENTRIES_MAX = 500


class Merchant(requests.auth.AuthBase):
    """A request of the merchant's back end."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {SECRET_KEY}"
        return request


class App(requests.auth.AuthBase):
    """A request of an app that has no wallet open. It may order faults for a device that it names only."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {PUBLISHABLE_KEY}"
        return request


def new_endpoint() -> str:
    """Has webhooks sent to a port where nobody listens; returns the endpoint's name."""
    url = {"url": "http://127.0.0.1:9/farthing"}
    answer = requests.post(f"{ADDRESS}/v1/webhook-endpoints", json=url, auth=Merchant(), timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    return answer.json()["id"]


class Account:
    """A device with money, and what there is to name in a request."""

    def __init__(self):
        self.device = Device(ADDRESS, PUBLISHABLE_KEY)
        # Generated faults are real: they meet a device that makes no other request.
        self.with_faults = Device(ADDRESS, PUBLISHABLE_KEY)
        self.top_up = self.device.top_up("50.00", self.device.add_card(SUCCEEDS))["id"]
        self.device.raise_allowance()
        purchase = self.device.purchase()
        self.purchase = purchase["id"]
        self.settled = self.device.batch(purchase, self.device.purchase())
        self.device.upload(self.settled)
        self.frozen, other = self.about_to_fork()
        if (answer := self.frozen.send_journal(other)).ok:
            raise RuntimeError(f"a fork of the journal was settled: {answer.text}")
        self.endpoint = new_endpoint()
        self.numbers = itertools.cycle([SUCCEEDS, IS_DECLINED, ASKS_FOR_3D_SECURE, TIMES_OUT])
        self.batches = itertools.cycle(self.kinds_of_batches())

    def about_to_fork(self) -> tuple[Device, dict]:
        """Another device, and a batch that differs from what is settled of it."""
        device = Device(ADDRESS, PUBLISHABLE_KEY)
        first, other = device.batch(device.consume()), device.batch(device.consume())
        device.upload(first)
        return device, other

    def endpoint_to_close(self) -> str:
        """One of those that requests have made, or else a new one: a gateway has no more than a few."""
        answer = requests.get(f"{ADDRESS}/v1/webhook-endpoints", auth=Merchant(), timeout=TIMEOUT_SECONDS)
        names = [endpoint["id"] for endpoint in answer.json()["endpoints"]]
        return next((name for name in names if name != self.endpoint), None) or new_endpoint()

    def page(self) -> str:
        """The name of a page on which a cardholder has yet to decide."""
        top_up = self.device.top_up("1.00", self.device.add_card(ASKS_FOR_3D_SECURE))
        return top_up["state"]["url"].rsplit("/", 1)[-1]

    def kinds_of_batches(self) -> list[Callable[[], tuple[Device, dict]]]:
        """Each makes one kind of batch, good or bad, from where the journal ends by then."""
        device = self.device
        wrong = [("0.01", "extra_life"), ("0.25", "no_such_item"), ("-1", "extra_life")]
        return [
            lambda: (device, device.batch(device.purchase(), device.purchase("0.005", "arrow"))),
            lambda: (device, self.settled),
            lambda: (device, device.batch(device.consume(), device.release())),
            lambda: (device, device.batch(*[device.purchase(price, sku) for price, sku in wrong])),
            lambda: (device, device.batch(b"from a newer library", b"\xff\xfe")),
            lambda: (device, device.batch(device.purchase(), skip=5)),
            lambda: (device, device.batch(device.purchase()) | {"entries": self.settled["entries"][:1]}),
            lambda: (device, device.batch(device.purchase(), signed_by=ec.generate_private_key(ec.SECP256R1()))),
            lambda: (device, device.batch(*[device.consume() for _ in range(ENTRIES_MAX)])),
            self.about_to_fork,
        ]


account = Account()
sent = Counter()
statuses: dict[str, Counter] = defaultdict(Counter)


def name_of(case: schemathesis.Case) -> str:
    has_own_method = case.method.upper() == case.operation.method.upper()
    return case.operation.label if has_own_method else OTHER_METHODS


def who_may(case: schemathesis.Case, device: Device) -> requests.auth.AuthBase | None:
    """Who the operation is for, as its `security` says."""
    schemes = {scheme for way in case.operation.definition.raw.get("security", []) for scheme in way}
    # Before the merchant: with the secret key a generated fault would be for all, and fail the run.
    if "publishable" in schemes:
        return App()
    if "merchant" in schemes:
        return Merchant()
    if "dpop" in schemes:
        return device.authorised
    return device.proof if "proof" in schemes else None


def name_what_exists(case: schemathesis.Case) -> Device:
    """Puts things that exist into a request; returns the device that sends it."""
    device = account.device
    match name_of(case):
        case "POST /v1/enrolments":
            case.body = {"publishable_key": PUBLISHABLE_KEY}
        case "POST /v1/enrolment-tokens":
            case.body = {"user": "player-42"}
        case "GET /v1/devices/{device}":
            case.path_parameters = {"device": device.id}
        case "DELETE /v1/devices/{device}":
            case.path_parameters = {"device": Device(ADDRESS, PUBLISHABLE_KEY).id}
        case "DELETE /v1/webhook-endpoints/{endpoint}":
            case.path_parameters = {"endpoint": account.endpoint_to_close()}
        case "GET /v1/webhook-endpoints/{endpoint}/messages" | "POST /v1/webhook-endpoints/{endpoint}/replays":
            case.path_parameters = {"endpoint": account.endpoint}
        case "POST /v1/token":
            case.body = {"device": device.id}
        case "POST /v1/cards":
            case.body = card(next(account.numbers))
        case "DELETE /v1/cards/{card}":
            case.path_parameters = {"card": device.add_card(IS_DECLINED)}
        case "POST /v1/top-ups":
            case.body = {"amount": money("1.00"), "card": device.add_card(next(account.numbers))}
        case "GET /v1/top-ups/{top_up}":
            case.path_parameters = {"top_up": account.top_up}
        case "POST /v1/allowances":
            case.body = {"needed": money("3.00")}
        case "POST /v1/journal":
            device, case.body = next(account.batches)()
        case "GET /v1/receipts/{purchase}":
            case.path_parameters = {"purchase": account.purchase}
        case "GET /v1/sandbox/faults" | "PUT /v1/sandbox/faults" | "DELETE /v1/sandbox/faults":
            case.query = {"device": account.with_faults.id}
        case "GET /sandbox/authentication/{page}" | "POST /sandbox/authentication/{page}":
            case.path_parameters = {"page": account.page()}
    return device


def spare_what_others_name(case: schemathesis.Case) -> None:
    """Generated requests come to know names from answers: the ones that others need are not to be given up."""
    needed = {account.device.id, account.frozen.id, account.with_faults.id, account.endpoint}
    if case.method.upper() == "DELETE":
        for parameter, name in (case.path_parameters or {}).items():
            if name in needed:
                case.path_parameters[parameter] = str(uuid.uuid4())


@schemathesis.hook
def before_call(_: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict) -> None:
    name = name_of(case)
    number = sent[name] % ROUND
    sent[name] += 1
    device = account.device
    if number == FROZEN:
        device = account.frozen
    elif number % 2 == 0 and case.meta.generation.mode == GenerationMode.POSITIVE:
        device = name_what_exists(case)
    spare_what_others_name(case)
    if number != STRANGER:
        kwargs["auth"] = who_may(case, device)


@schemathesis.hook
def after_call(_: schemathesis.HookContext, case: schemathesis.Case, response: schemathesis.Response) -> None:
    name = name_of(case)
    statuses[name][response.status_code] += 1
    if name == "POST /v1/journal" and response.status_code == 200:
        account.device.take_settlement(response.json())


@atexit.register
def write_statuses() -> None:
    Path(os.environ["FARTHING_STATUSES"]).write_text(json.dumps(statuses))
