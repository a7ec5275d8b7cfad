"""Validates a file for a bank by the schema of ISO 20022, as the package sepaxml carries it.

    python validate_credit_transfer.py < pain.001.xml

Prints what a bank would read in it as JSON, with the spoilt copies that the schema refused. Exits with 1, and says why,
where the file itself is not valid, or where a spoilt copy is.
"""

import json
import re
import sys
from importlib.resources import files

import xmlschema

SCHEMA = xmlschema.XMLSchema(str(files("sepaxml") / "schemas/pain.001.001.09.xsd"))

SPOILT = {
    "another version": (r"pain\.001\.001\.09", "pain.001.001.03"),
    "a BIC that is none": (r"<BICFI>", "<BICFI>-"),
    "an IBAN that is none": (r"<IBAN>..", "<IBAN>"),
    "no name of the message": (r"<MsgId>.*?</MsgId>", ""),
    "a fraction of a ten-thousandth": (r'(Ccy="...">)[^<]*', r"\g<1>0.000001"),
    "no debtor": (r"<Dbtr>.*?</Dbtr>", ""),
    "two numbers of payments": (r"(<NbOfTxs>.*?</NbOfTxs>)", r"\1\1"),
}


def main() -> int:
    document = sys.stdin.read()
    try:
        initiation = SCHEMA.decode(document)["CstmrCdtTrfInitn"]
    except xmlschema.XMLSchemaException as error:
        print(f"the file is not valid: {error}", file=sys.stderr)
        return 1
    for name, (pattern, replacement) in SPOILT.items():
        spoilt = re.sub(pattern, replacement, document, count=1)
        if spoilt == document or SCHEMA.is_valid(spoilt):
            print(f"a spoilt copy is valid: {name}", file=sys.stderr)
            return 1
    header = initiation["GrpHdr"]
    payments = [
        {
            "account": payment["CdtrAcct"]["Id"]["IBAN"],
            "amount": str(payment["Amt"]["InstdAmt"]["$"]),
            "currency": payment["Amt"]["InstdAmt"]["@Ccy"],
            "name": payment["PmtId"]["EndToEndId"],
        }
        for group in initiation["PmtInf"]
        for payment in group["CdtTrfTxInf"]
    ]
    count, total = header["NbOfTxs"], str(header["CtrlSum"])
    print(json.dumps({"count": count, "total": total, "payments": payments, "refused": sorted(SPOILT)}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
