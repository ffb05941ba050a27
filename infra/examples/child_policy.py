"""A subscriber with stock libraries. child_policy.py BOOTSTRAP SECRETS KEYS.jwe PRIVATE.jwk"""

import asyncio
import json
import os
import sys
from pathlib import Path

from aiokafka import AIOKafkaConsumer, helpers
from joserfc import jwe, jwk

BOOTSTRAP, SECRETS, KEYS, PRIVATE = sys.argv[1:] if len(sys.argv) == 5 else sys.exit(__doc__)
CONTRACT, ME, PREFIX = "child-policy", "subscriber-child-policy", os.environ.get("JUKI_PREFIX", "juki")
TOKEN = jwe.JWERegistry(algorithms=["dir", "A256GCM"], strict_check_header=False)  # members that say where it lies
private = jwk.ECKey.import_key(json.loads(Path(PRIVATE).read_text()))
granted = jwe.decrypt_compact(Path(KEYS).read_text().strip(), private, ["ECDH-ES+A256KW", "A256GCM"])
keys = jwk.KeySet.import_key_set(json.loads(granted.plaintext or b""))
login = {"sasl_plain_username": ME, "sasl_plain_password": Path(SECRETS, f"{ME}.password").read_text().strip()}
trust = {"security_protocol": "SASL_SSL", "ssl_context": helpers.create_ssl_context(cafile=f"{SECRETS}/ca.pem")}
where = {"bootstrap_servers": BOOTSTRAP, "group_id": f"{PREFIX}-{ME}", "auto_offset_reset": "earliest"}
safely = {"isolation_level": "read_committed", "enable_auto_commit": False, "sasl_mechanism": "SCRAM-SHA-512"}
due, versions = {}, {}  # a department keeps these beside its own data, in the same transaction
counts = {"missing": 0, "repeated": 0, "older": 0}


def is_news(partition, seq, resident, version) -> bool:
    """Whether it was not told before: numbers count up by one per partition, versions rise per resident."""
    next_, known = due.get(partition, 1), versions.get(resident, 0)
    told = {"missing": max(seq - next_, 0), "repeated": seq < next_, "older": seq >= next_ and version <= known}
    due[partition] = max(next_, seq + 1)
    counts.update({each: counts[each] + told[each] for each in told})
    if any(told.values()):
        print(json.dumps({"partition": partition, **counts}), file=sys.stderr, flush=True)
    if news := not told["repeated"] and not told["older"]:
        versions[resident] = version
    return news


async def main() -> None:
    async with AIOKafkaConsumer(f"{PREFIX}.disclosures.{CONTRACT}", **where, **safely, **login, **trust) as consumer:
        async for record in consumer:
            token = jwe.decrypt_compact(record.value, keys, registry=TOKEN)
            place = {"aud": CONTRACT, "sub_topic": record.topic, "part": record.partition, "sub": record.key.hex()}
            if not place.items() <= token.headers().items():
                sys.exit("a token was moved")
            told = json.loads(token.plaintext or b"")
            if is_news(record.partition, token.headers()["seq"], record.key, told["version"]):
                print(json.dumps(told, ensure_ascii=False), flush=True)


asyncio.run(main())
