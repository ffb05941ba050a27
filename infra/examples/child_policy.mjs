// A subscriber with stock libraries. node child_policy.mjs BOOTSTRAP SECRETS KEYS.jwe PRIVATE.jwk [IDLE_SECONDS [PREFIX]]
import { readFileSync } from "node:fs";
import { compactDecrypt, importJWK } from "jose";
import kafkajs from "kafkajs";

const [bootstrap, secrets, keysFile, privateFile, idle = 1000000, prefix = "juki"] = process.argv.slice(2);
const me = "subscriber-child-policy", text = (file) => readFileSync(file, "utf8").trim();
const json = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
const granted = await compactDecrypt(text(keysFile), await importJWK(JSON.parse(text(privateFile)), "ECDH-ES+A256KW"));
const keys = new Map(json(granted.plaintext).keys.map((key) => [key.kid, key]));
const only = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
const seen = new Set(); // a department keeps the ids of what it took beside its own data, in the same transaction

const consumer = new kafkajs.Kafka({
  clientId: me, brokers: [bootstrap], ssl: { ca: [text(`${secrets}/ca.pem`)] }, logLevel: kafkajs.logLevel.ERROR,
  sasl: { mechanism: "scram-sha-512", username: me, password: text(`${secrets}/${me}.password`) },
}).consumer({ groupId: `${prefix}-${me}`, readUncommitted: false });
let last = Date.now();
setInterval(() => Date.now() - last > idle * 1000 && consumer.disconnect().then(() => process.exit()), 200);
await consumer.connect();
await consumer.subscribe({ topic: `${prefix}.disclosures.child-policy`, fromBeginning: true });
await consumer.run({ autoCommit: false, eachMessage: async ({ topic, partition, message }) => {
  last = Date.now();
  const token = await compactDecrypt(message.value.toString(), ({ kid }) => importJWK(keys.get(kid)), only);
  const { sub_topic, part, jti } = token.protectedHeader;
  if (sub_topic !== topic || part !== partition) throw new Error("a token was moved");
  if (!seen.has(jti) && seen.add(jti)) console.log(JSON.stringify(json(token.plaintext)));
} });
