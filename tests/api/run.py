"""Sends generated requests to a real gateway, and compares each answer with its OpenAPI document.

    python tests/api/run.py --gateway-binary target/debug/farthing-gateway

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
from pathlib import Path

HERE = Path(__file__).parent
REQUESTS_MIN = 2_000
EXAMPLES_OF_EACH = 130
SEED = 4_242
OTHER_METHODS = "other methods"
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]


class Gateway:
    """A gateway on a free port, with a data folder of its own."""

    def __init__(self, binary: Path, folder: Path):
        self.data = folder / "data"
        self.log = folder / "gateway.log"
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


def send_requests(gateway: Gateway, statuses: Path) -> bool:
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "hooks",
        "PYTHONPATH": str(HERE),
        "FARTHING_ADDRESS": gateway.address,
        "FARTHING_PUBLISHABLE_KEY": gateway.publishable_key,
        "FARTHING_SECRET_KEY": gateway.secret_key,
        "FARTHING_STATUSES": str(statuses),
    }
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{gateway.address}/openapi.json"]
    command += ["--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES_OF_EACH), "--seed", str(SEED)]
    # There are no links between operations in the document, so there is no state to follow.
    command += ["--phases", "examples,coverage,fuzzing"]
    command += ["--generation-database", "none", "--continue-on-failure", "--no-color"]
    return subprocess.run(command, env=environment, cwd=statuses.parent).returncode == 0


def judge(statuses: dict[str, dict[str, int]]) -> list[str]:
    """Prints what was answered how often, and returns what is missing."""
    faults = []
    for operation, answers in sorted(statuses.items(), key=lambda item: item[0].split(" ")[::-1]):
        counts = "  ".join(f"{status}: {count}" for status, count in sorted(answers.items()))
        print(f"  {operation:<42}{counts}")
        if operation != OTHER_METHODS and not any(status.startswith(("2", "3")) for status in answers):
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
        for fault in faults:
            print(f"✗ {fault}")
        if faults:
            print(f"The end of the gateway's log:\n{gateway.log.read_text()[-4_000:]}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
