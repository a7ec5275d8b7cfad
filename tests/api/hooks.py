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

from credentials import CREDENTIALS
from device import TIMEOUT_SECONDS, Device, card, money

ADDRESS = os.environ["FARTHING_ADDRESS"]
PUBLISHABLE_KEY = os.environ["FARTHING_PUBLISHABLE_KEY"]
SECRET_KEY = os.environ["FARTHING_SECRET_KEY"]

# With which kind of credential all requests are made; where there is none, each with what its operation asks for.
CREDENTIAL_NAME = os.environ.get("FARTHING_CREDENTIAL")
CREDENTIAL = CREDENTIALS[CREDENTIAL_NAME] if CREDENTIAL_NAME else None
# Who may see the account that requests name: the merchant, and its own device.
SEES_ITS_OWN = {"secret", "device"}

HARMLESS_SCRIPT = {"version": 1, "seed": 7, "steps": [{"device": "phone", "faults": {}}]}
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


def new_payout() -> str:
    """Orders a payout of a cent; returns its name."""
    key, cent = {"Idempotency-Key": str(uuid.uuid4())}, {"currency": "USD", "amount": "0.01"}
    address = f"{ADDRESS}/v1/payouts"

    def order() -> requests.Response:
        return requests.post(address, json=cent, headers=key, auth=Merchant(), timeout=TIMEOUT_SECONDS)

    answer = order()
    if answer.status_code == requests.codes.unprocessable_entity:
        # Requests before have had everything paid out, and then given back what was paid for it.
        account.earn()
        answer = order()
    answer.raise_for_status()
    return answer.json()["id"]


def new_creator() -> str:
    """Registers a creator; returns the name."""
    address = f"{ADDRESS}/v1/creators/ana"
    requests.put(address, json={"name": "Ana"}, auth=Merchant(), timeout=TIMEOUT_SECONDS).raise_for_status()
    return "ana"


def new_refund(of: dict) -> str:
    """Gives back a hundredth of a cent; returns the refund's name."""
    key, body = {"Idempotency-Key": str(uuid.uuid4())}, of | {"amount": money("0.0001")}
    address = f"{ADDRESS}/v1/refunds"
    answer = requests.post(address, json=body, headers=key, auth=Merchant(), timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    return answer.json()["id"]


def catalog(price: str) -> dict:
    item = {"sku": "extra_life", "title": "Extra life", "price": money(price), "kind": "consumable"}
    return {"merchant": "sample-studio", "items": [item]}


def revoke(device: str) -> None:
    answer = requests.delete(f"{ADDRESS}/v1/devices/{device}", auth=Merchant(), timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()


class Account:
    """A device with money, and what there is to name in a request."""

    publishable_key = PUBLISHABLE_KEY
    secret_key = SECRET_KEY

    def __init__(self):
        self.device = Device(ADDRESS, PUBLISHABLE_KEY)
        # Generated faults are real: they meet a device that makes no other request.
        self.with_faults = Device(ADDRESS, PUBLISHABLE_KEY)
        # Generated limits are, too: they meet a player who buys nothing.
        self.limited = Device(ADDRESS, PUBLISHABLE_KEY)
        # Whatever requests do to the others, this one goes on buying.
        self.buyer = Device(ADDRESS, PUBLISHABLE_KEY)
        self.charged = self.buyer.top_up("50.00", self.buyer.add_card(SUCCEEDS))["id"]
        self.buyer.raise_allowance()
        self.top_up = self.device.top_up("50.00", self.device.add_card(SUCCEEDS))["id"]
        self.device.raise_allowance()
        purchase = self.device.purchase()
        self.purchase = purchase["id"]
        self.settled = self.device.batch(purchase, self.device.purchase())
        self.device.upload(self.settled)
        # Enough is earned for all payouts of a cent.
        sword = self.device.purchase("4.99", "sword_of_dawn")
        self.device.upload(self.device.batch(sword))
        self.refundable = sword["id"]
        self.frozen, other = self.about_to_fork()
        if (answer := self.frozen.send_journal(other)).ok:
            raise RuntimeError(f"a fork of the journal was settled: {answer.text}")
        self.revoked = Device(ADDRESS, PUBLISHABLE_KEY)
        revoke(self.revoked.id)
        self.stranger = Device(ADDRESS, PUBLISHABLE_KEY)
        self.endpoint = new_endpoint()
        self.payout = new_payout()
        self.creator = new_creator()
        self.refund = new_refund({"purchase": self.refundable})
        self.tab = self.open_tab("EUR")
        hint = self.device.purchase("0.05", "hint")
        self.device.upload(self.device.batch(hint))
        # Nothing uses hints up.
        self.unused = hint["id"]
        # A family of its own: PINs that are generated for others don't lock its guardian out.
        self.guarded = Device(ADDRESS, PUBLISHABLE_KEY)
        self.guarded.post("/v1/limits", {"currency": "EUR", "limits": {}, "pin": "4711"})
        wish = {"sku": "hint", "quantity": 1, "catalog": 1}
        self.approval = self.guarded.post("/v1/approvals", wish)["id"]
        # What was bought by the first version settles by it, whatever is published.
        self.catalogs = itertools.cycle([catalog("0.25"), catalog("0.35")])
        self.numbers = itertools.cycle([SUCCEEDS, IS_DECLINED, ASKS_FOR_3D_SECURE, TIMES_OUT])
        self.batches = itertools.cycle(self.kinds_of_batches())

    def earn(self) -> None:
        """Some dollars for the merchant."""
        # It may not have asked for so long that its nonce is too old.
        self.buyer.renew_token()
        keys = [self.buyer.purchase("0.99", "golden_key") for _ in range(5)]
        self.buyer.upload(self.buyer.batch(*keys))

    def open_tab(self, currency: str) -> str:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        limit = {"amount": "1.00", "currency": currency}
        body = {"limit": limit, "card": self.device.add_card(SUCCEEDS)}
        return self.device.post("/v1/tabs", body, headers=key)["id"]

    def enrolment_token(self) -> str:
        answer = requests.post(
            f"{ADDRESS}/v1/enrolment-tokens", json={"user": "player-7"}, auth=Merchant(), timeout=TIMEOUT_SECONDS
        )
        answer.raise_for_status()
        return answer.json()["token"]

    def hidden(self) -> list[str]:
        """What nobody else is to see of this account, and nobody at all of keys."""
        enrolment = self.device.post("/v1/enrolments", {"publishable_key": PUBLISHABLE_KEY}, self.device.proof)
        token = self.device.authorised.token
        return [self.device.id, enrolment["account"], self.top_up, self.purchase, self.endpoint, token, SECRET_KEY]

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
hidden = account.hidden()
lent = CREDENTIAL and CREDENTIAL.auth(account)
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
        case "GET /v1/personal-data":
            case.query = {"account": device.account}
        case "POST /v1/erasures":
            # Of a player of their own: nobody else is to be forgotten.
            case.body = {"account": Device(ADDRESS, PUBLISHABLE_KEY).account, "left_over": "write_off"}
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
        case "POST /v1/limits":
            case.body = {"currency": "JPY", "limits": {"day": {"amount": "500", "currency": "JPY"}}}
        case "POST /v1/approvals":
            case.body = {"sku": "hint", "quantity": 1, "catalog": 1}
        case "POST /v1/approvals/{approval}":
            device, case.path_parameters = account.guarded, {"approval": account.approval}
            case.body = {"approve": True, "pin": "4711"}
        case "POST /v1/journal":
            device, case.body = next(account.batches)()
        case "GET /v1/receipts/{purchase}":
            case.path_parameters = {"purchase": account.purchase}
        case "GET /v1/purchases/{purchase}":
            case.path_parameters = {"purchase": account.purchase}
        case "GET /v1/purchases":
            case.query = {"account": device.account, "limit": 5}
        case "POST /v1/catalogs":
            case.body = next(account.catalogs)
            case.headers.pop("If-Match", None)
        case "GET /v1/catalogs/{version}":
            case.path_parameters = {"version": 1}
        case "GET /v1/creators/{creator}" | "DELETE /v1/creators/{creator}":
            case.path_parameters = {"creator": account.creator}
        case "PUT /v1/creators/{creator}":
            case.path_parameters, case.body = {"creator": account.creator}, {"name": "Ana"}
        case "POST /v1/payouts":
            case.body = {"currency": "USD", "amount": "0.01"}
        case "GET /v1/payouts/{payout}" | "GET /v1/payouts/{payout}/statement.csv":
            case.path_parameters = {"payout": account.payout}
        case "POST /v1/payouts/{payout}/paid":
            case.path_parameters = {"payout": new_payout()}
        case "POST /v1/payouts/{payout}/failed":
            case.path_parameters, case.body = {"payout": new_payout()}, {"reason": "AC04"}
        case "GET /v1/payouts/pain.001.xml":
            case.query = {"payouts": new_payout()}
        case "POST /v1/purchases/{purchase}/refund":
            case.path_parameters = {"purchase": account.unused}
        case "GET /v1/account/purchases/{after}" | "GET /v1/account/refunds/{after}":
            case.path_parameters = {"after": 0}
        case "POST /v1/refunds":
            case.body = {"purchase": account.refundable, "amount": money("0.0001"), "reason": "by mistake"}
        case "GET /v1/refunds/{refund}":
            case.path_parameters = {"refund": account.refund}
        case "POST /v1/payment-methods":
            case.body = {"payment_method": "pm_card_visa"}
        case "POST /v1/tabs":
            case.body = {"limit": money("1.00"), "card": device.add_card(next(account.numbers))}
        case "GET /v1/tabs/{tab}" | "POST /v1/tabs/{tab}/close":
            case.path_parameters = {"tab": account.tab}
        case "PUT /v1/sandbox/disputes/{payment}":
            case.path_parameters, case.body = {"payment": account.charged}, {"state": "won"}
        case "GET /v1/sandbox/faults" | "PUT /v1/sandbox/faults" | "DELETE /v1/sandbox/faults":
            case.query = {"device": account.with_faults.id}
        case "PUT /v1/sandbox/fault-script":
            case.body = HARMLESS_SCRIPT
        case "GET /v1/sandbox/fault-script":
            if CREDENTIAL is None:
                # It takes the place of all faults, and so of the clock's skew that has tokens expired.
                url = f"{ADDRESS}/v1/sandbox/fault-script"
                requests.put(url, json=HARMLESS_SCRIPT, auth=Merchant(), timeout=TIMEOUT_SECONDS).raise_for_status()
        case "GET /v1/sandbox/fault-script/recording":
            url = f"{ADDRESS}/v1/sandbox/fault-script/recording"
            requests.post(url, auth=Merchant(), timeout=TIMEOUT_SECONDS).raise_for_status()
        case "GET /sandbox/authentication/{page}" | "POST /sandbox/authentication/{page}":
            case.path_parameters = {"page": account.page()}
    return device


def spare_what_others_name(case: schemathesis.Case) -> None:
    """Generated requests come to know names from answers: the ones that others need are not to be given up."""
    devices = [account.device, account.frozen, account.with_faults, account.revoked, account.stranger, account.buyer]
    devices += [account.limited, account.guarded]
    needed = {account.endpoint} | {device.id for device in devices}
    if case.method.upper() == "DELETE":
        for parameter, name in (case.path_parameters or {}).items():
            if name in needed:
                case.path_parameters[parameter] = str(uuid.uuid4())


def disarm(case: schemathesis.Case) -> None:
    """A generated fault script is played for all: it keeps its form, and loses what would fail the run."""
    if name_of(case) != "PUT /v1/sandbox/fault-script" or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    if isinstance(case.body, dict):
        case.body.pop("time_rate", None)
        for step in case.body.get("steps", []):
            step["faults"] = {}


def is_open(case: schemathesis.Case) -> bool:
    """Whether the operation can be asked for with the run's credential, as its `security` says."""
    ways = case.operation.definition.raw.get("security", [])
    return not ways or any(set(way) <= CREDENTIAL.opens for way in ways)


@schemathesis.check
def nothing_leaks(_: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """Who may not ask is refused, and neither its answer nor a stranger's has anything of the account."""
    if CREDENTIAL is None or name_of(case) == OTHER_METHODS:
        return
    if not is_open(case):
        assert 400 <= response.status_code < 500, f"{response.status_code} for who may not ask"
    if CREDENTIAL_NAME in SEES_ITS_OWN:
        return
    asked = f"{response.request.url} {response.request.body}"
    for secret in hidden:
        assert secret in asked or secret not in response.text, "it shows something of another's account"


@schemathesis.hook
def before_call(_: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict) -> None:
    name = name_of(case)
    number = sent[name] % ROUND
    sent[name] += 1
    if CREDENTIAL is not None:
        if number % 2 == 0 and case.meta.generation.mode == GenerationMode.POSITIVE:
            name_what_exists(case)
        spare_what_others_name(case)
        disarm(case)
        if "sandbox/faults" in case.operation.path:
            # With the secret key a generated fault would be for all, and fail the run.
            case.query = {"device": account.with_faults.id}
        kwargs["auth"] = lent
        return
    device = account.device
    if number == FROZEN:
        device = account.frozen
    elif number % 2 == 0 and case.meta.generation.mode == GenerationMode.POSITIVE:
        device = name_what_exists(case)
    if name == "POST /v1/limits" and device is account.device:
        device = account.limited
    spare_what_others_name(case)
    disarm(case)
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
