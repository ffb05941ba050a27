"""A subscriber with stock libraries. child_policy.py BOOTSTRAP SECRETS KEYS.jwe PRIVATE.jwk [IDLE_SECONDS [PREFIX]]"""

import asyncio
import json
import ssl
import sys
from pathlib import Path

from aiokafka import AIOKafkaConsumer
from joserfc import jwe
from joserfc.jwk import ECKey, KeySet

BOOTSTRAP, SECRETS, KEYS, PRIVATE, IDLE, PREFIX = [*sys.argv[1:], *("1000000", "juki")[len(sys.argv) - 5 :]]
ME, TOPIC = "subscriber-child-policy", f"{PREFIX}.disclosures.child-policy"
TOKEN = jwe.JWERegistry(algorithms=["dir", "A256GCM"], strict_check_header=False)  # members that say where it lies
private = ECKey.import_key(json.loads(Path(PRIVATE).read_text()))
granted = jwe.decrypt_compact(Path(KEYS).read_text().strip(), private, ["ECDH-ES+A256KW", "A256GCM"])
keys = {key.kid: key for key in KeySet.import_key_set(json.loads(granted.plaintext or b"")).keys}
login = {"sasl_plain_username": ME, "sasl_plain_password": Path(SECRETS, f"{ME}.password").read_text().strip()}
trust = {"security_protocol": "SASL_SSL", "ssl_context": ssl.create_default_context(cafile=f"{SECRETS}/ca.pem")}
where = {"bootstrap_servers": BOOTSTRAP, "group_id": f"{PREFIX}-{ME}", "auto_offset_reset": "earliest"}
safely = {"isolation_level": "read_committed", "enable_auto_commit": False, "sasl_mechanism": "SCRAM-SHA-512"}
seen = set()  # a department keeps the ids of what it took beside its own data, in the same transaction


async def main() -> None:
    async with AIOKafkaConsumer(TOPIC, **where, **safely, **login, **trust) as consumer:
        while found := await consumer.getmany(timeout_ms=int(IDLE) * 1000):
            for record in (record for records in found.values() for record in records):
                token = jwe.decrypt_compact(record.value, lambda head: keys[head.headers()["kid"]], registry=TOKEN)
                if ((head := token.headers())["sub_topic"], head["part"]) != (record.topic, record.partition):
                    sys.exit("a token was moved")
                if head["jti"] not in seen and not seen.add(head["jti"]):
                    print(json.dumps(json.loads(token.plaintext or b""), ensure_ascii=False), flush=True)


asyncio.run(main())
