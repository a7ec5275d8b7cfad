"""Verifies signed transactions and a notification with Apple's own library (`app-store-server-library`), which is not
ours, and says which of them it refuses.

The input is JSON: a root certificate, messages that are to verify by it, and forged ones, each with a root.
"""

import base64
import json
import sys

from appstoreserverlibrary.models.Environment import Environment
from appstoreserverlibrary.signed_data_verifier import SignedDataVerifier, VerificationException


def verifier(root: str) -> SignedDataVerifier:
    return SignedDataVerifier(
        root_certificates=[base64.b64decode(root)],
        # Who asks whether a certificate was revoked needs Apple.
        enable_online_checks=False,
        environment=Environment.SANDBOX,
        bundle_id="com.example.game",
    )


def main() -> None:
    given = json.load(sys.stdin)
    trusting = verifier(given["root"])
    transaction = trusting.verify_and_decode_signed_transaction(given["transaction"])
    notification = trusting.verify_and_decode_notification(given["notification"])
    inner = trusting.verify_and_decode_signed_transaction(notification.data.signedTransactionInfo)
    refused = []
    for forged in given["forged"]:
        try:
            verifier(forged["root"]).verify_and_decode_signed_transaction(forged["signed"])
        except VerificationException as refusal:
            refused.append({"name": forged["name"], "why": refusal.status.name})
    printed = {
        "transaction": {
            "transactionId": transaction.transactionId,
            "productId": transaction.productId,
            "quantity": transaction.quantity,
            "type": transaction.rawType,
        },
        "notification": {
            "notificationType": notification.rawNotificationType,
            "notificationUUID": notification.notificationUUID,
            "transactionId": inner.transactionId,
        },
        "refused": refused,
    }
    json.dump(printed, sys.stdout)


main()
