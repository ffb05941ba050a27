// A subscriber with stock libraries. node child_policy.mjs BOOTSTRAP SECRETS KEYS.jwe PRIVATE.jwk
import { readFileSync } from "node:fs";
import { compactDecrypt, importJWK } from "jose";
import kafkajs from "kafkajs";

const end = (why) => { console.error(why); process.exit(1); }; // an error that is thrown would be tried again for ever
const [bootstrap, secrets, keysFile, privateFile] = process.argv.slice(2);
if (!privateFile) end("node child_policy.mjs BOOTSTRAP SECRETS KEYS.jwe PRIVATE.jwk");
const prefix = process.env.JUKI_PREFIX ?? "juki";
const contract = "child-policy", me = "subscriber-child-policy";
const text = (file) => readFileSync(file, "utf8").trim();
const json = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
const granted = await compactDecrypt(text(keysFile), await importJWK(JSON.parse(text(privateFile)), "ECDH-ES+A256KW"));
const keys = new Map(json(granted.plaintext).keys.map((key) => [key.kid, key]));
const only = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
const key = ({ kid }) => importJWK(keys.get(kid) ?? end("no key for this token: fetch keys.jwe again"));
const due = new Map(), versions = new Map(); // a department keeps these beside its own data, in the same transaction
const counts = { missing: 0, repeated: 0, older: 0 };

// Whether it was not told before: numbers count up by one per partition, versions rise per resident.
function isNews(partition, seq, resident, version) {
  const next = due.get(partition) ?? 1, known = versions.get(resident) ?? 0;
  const told = { missing: Math.max(seq - next, 0), repeated: +(seq < next), older: +(seq >= next && version <= known) };
  due.set(partition, Math.max(next, seq + 1));
  for (const each in told) counts[each] += told[each];
  if (told.missing || told.repeated || told.older) console.error(JSON.stringify({ partition, ...counts }));
  if (told.repeated || told.older) return false;
  versions.set(resident, version);
  return true;
}

const consumer = new kafkajs.Kafka({
  clientId: me, brokers: [bootstrap], ssl: { ca: [text(`${secrets}/ca.pem`)] }, logLevel: kafkajs.logLevel.ERROR,
  sasl: { mechanism: "scram-sha-512", username: me, password: text(`${secrets}/${me}.password`) },
}).consumer({ groupId: `${prefix}-${me}`, readUncommitted: false });
await consumer.connect();
await consumer.subscribe({ topic: `${prefix}.disclosures.${contract}`, fromBeginning: true });
await consumer.run({ autoCommit: false, eachMessage: async ({ topic, partition, message }) => {
  const token = await compactDecrypt(message.value.toString(), key, only).catch(() => end("a token does not open"));
  const { aud, sub_topic, part, sub, seq } = token.protectedHeader, own = message.key.toString("hex");
  if (aud !== contract || sub_topic !== topic || part !== partition || sub !== own) end("a token was moved");
  const told = json(token.plaintext);
  if (isNews(partition, seq, own, told.version)) console.log(JSON.stringify(told));
} });
