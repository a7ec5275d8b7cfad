"""Sends generated requests to a real gateway, and compares each answer with its OpenAPI document.

    python tests/api/run.py --gateway-binary target/debug/farthing-gateway

Most requests come with what their operation asks for. Then each kind of credential, right or wrong, is tried at every
operation: who may not ask is refused, and sees nothing of what is another's.

Exits with 1 where schemathesis finds anything, where too few requests were made, or where an operation never
succeeded, so that nothing behind its door was tried.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from credentials import CREDENTIALS

HERE = Path(__file__).parent
REQUESTS_MIN = 2_000
EXAMPLES_OF_EACH = 130
SEED = 4_242
OTHER_METHODS = "other methods"
# They succeed only at a gateway that charges through Stripe, or that a store sells packs for (gateway/tests/stripe.rs,
# app_store.rs, google_play.rs).
OF_PROCESSORS = {
    "POST /v1/payment-methods",
    "POST /v1/processors/stripe/webhook",
    "POST /v1/store-top-ups",
    "POST /v1/processors/app-store/notifications",
}
# With each kind of credential each operation is asked for about so often.
EXAMPLES_OF_EACH_CREDENTIAL = 8
REQUESTS_OF_EACH_CREDENTIAL_MIN = 150
# Whoever generates them is busier than the gateway that answers.
CREDENTIALS_AT_ONCE = 2
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]


def settings() -> str:
    """The sample's settings, with bank accounts."""
    sample = (HERE.parents[1] / "gateway/src/gateway.toml").read_text()
    return re.sub(r"^# (?=\[payouts\]|debtor|creditor)", "", sample, flags=re.MULTILINE)


class Gateway:
    """A gateway on a free port, with a data folder of its own."""

    def __init__(self, binary: Path, folder: Path):
        self.data = folder / "data"
        self.log = folder / "gateway.log"
        self.data.mkdir()
        (self.data / "gateway.toml").write_text(settings())
        command = [binary, "serve", "--data", self.data, "--listen", "127.0.0.1:0"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        said = ""
        while not (api := re.search(r"(\S+)/openapi\.json", said)):
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit(f"the gateway did not start:\n{said}{self.log.read_text()}")
            said += line
        self.address = api[1]
        self.publishable_key = re.search(r"pk_test_\S+", said)[0]
        self.secret_key = (self.data / "secret.key").read_text().strip()

    def stop(self) -> bool:
        """Tells it to stop; false if it had stopped by itself, or stops with an error."""
        self.process.terminate()
        return self.process.wait(timeout=30) == 0


def send_requests(gateway: Gateway, statuses: Path, credential: str = "") -> bool:
    """Sends generated requests: each with what its operation asks for, or all with one kind of credential."""
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "hooks",
        "PYTHONPATH": str(HERE),
        "FARTHING_ADDRESS": gateway.address,
        "FARTHING_PUBLISHABLE_KEY": gateway.publishable_key,
        "FARTHING_SECRET_KEY": gateway.secret_key,
        "FARTHING_STATUSES": str(statuses),
        "FARTHING_CREDENTIAL": credential,
    }
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{gateway.address}/openapi.json"]
    checks = [*CHECKS, "nothing_leaks"] if credential else CHECKS
    examples = EXAMPLES_OF_EACH_CREDENTIAL if credential else EXAMPLES_OF_EACH
    command += ["--checks", ",".join(checks), "--max-examples", str(examples), "--seed", str(SEED)]
    # There are no links between operations in the document, so there is no state to follow.
    command += ["--phases", "fuzzing" if credential else "examples,coverage,fuzzing"]
    command += ["--generation-database", "none", "--continue-on-failure", "--no-color"]
    if not credential:
        return subprocess.run(command, env=environment, cwd=statuses.parent).returncode == 0
    finished = subprocess.run(command, env=environment, cwd=statuses.parent, capture_output=True, text=True)
    if finished.returncode:
        print(finished.stdout[-8_000:], finished.stderr[-2_000:])
    return finished.returncode == 0


def judge_credential(name: str, statuses: dict[str, dict[str, int]]) -> list[str]:
    """Prints what one kind of credential was answered, and returns what is missing."""
    counts = Counter()
    for operation, answers in statuses.items():
        if operation != OTHER_METHODS:
            counts.update(answers)
    print(f"  {name:<16}{'  '.join(f'{status}: {count}' for status, count in sorted(counts.items()))}", flush=True)
    total = counts.total()
    if total < REQUESTS_OF_EACH_CREDENTIAL_MIN:
        return [f"{total} requests were made with {name}, and {REQUESTS_OF_EACH_CREDENTIAL_MIN} are the least"]
    return []


def try_credential(binary: Path, folder: Path, name: str) -> list[str]:
    """Sends requests with one kind of credential, to a gateway of its own; returns what is wrong."""
    place = folder / name
    place.mkdir()
    gateway, statuses = Gateway(binary, place), place / "statuses.json"
    try:
        found_nothing = send_requests(gateway, statuses, name)
    finally:
        stopped_well = gateway.stop()
    faults = judge_credential(name, json.loads(statuses.read_text()) if statuses.exists() else {})
    if not found_nothing:
        faults.append(f"schemathesis found something with {name}: see above")
    if not stopped_well:
        faults.append(f"the gateway did not run to the end with {name}")
    return faults


def try_each_credential(binary: Path, folder: Path) -> list[str]:
    """Sends requests with each kind of credential, with two at a time; returns what is wrong."""
    with ThreadPoolExecutor(CREDENTIALS_AT_ONCE) as pool:
        tried = pool.map(lambda name: try_credential(binary, folder, name), CREDENTIALS)
        return [fault for faults in tried for fault in faults]


def judge(statuses: dict[str, dict[str, int]]) -> list[str]:
    """Prints what was answered how often, and returns what is missing."""
    faults = []
    for operation, answers in sorted(statuses.items(), key=lambda item: item[0].split(" ")[::-1]):
        counts = "  ".join(f"{status}: {count}" for status, count in sorted(answers.items()))
        print(f"  {operation:<42}{counts}")
        if operation not in {OTHER_METHODS, *OF_PROCESSORS} and not any(status.startswith(("2", "3")) for status in answers):
            faults.append(f"{operation} never succeeded, so nothing behind its door was tried")
    total = sum(count for answers in statuses.values() for count in answers.values())
    print(f"  {total:,} requests")
    if total < REQUESTS_MIN:
        faults.append(f"{total} requests were made, and {REQUESTS_MIN} are the least")
    return faults


def main() -> int:
    arguments = argparse.ArgumentParser(description="Sends generated requests to a real gateway.")
    arguments.add_argument("--gateway-binary", type=Path, required=True)
    binary = arguments.parse_args().gateway_binary.resolve()
    with tempfile.TemporaryDirectory() as folder:
        gateway = Gateway(binary, Path(folder))
        statuses = Path(folder) / "statuses.json"
        try:
            found_nothing = send_requests(gateway, statuses)
        finally:
            stopped_well = gateway.stop()
        faults = judge(json.loads(statuses.read_text())) if statuses.exists() else ["no request was made"]
        if not found_nothing:
            faults.append("schemathesis found something: see above")
        if not stopped_well:
            faults.append("the gateway did not run to the end")
        faults += try_each_credential(binary, Path(folder))
        for fault in faults:
            print(f"✗ {fault}")
        if faults:
            print(f"The end of the gateway's log:\n{gateway.log.read_text()[-4_000:]}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
