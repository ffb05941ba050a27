// A subscriber with stock libraries. node child_policy.mjs BOOTSTRAP SECRETS KEYS.jwe PRIVATE.jwk
import { readFileSync } from "node:fs";
import { compactDecrypt, importJWK } from "jose";
import kafkajs from "kafkajs";

const [bootstrap, secrets, keysFile, privateFile] = process.argv.slice(2);
if (!privateFile) { console.error("node child_policy.mjs BOOTSTRAP SECRETS KEYS.jwe PRIVATE.jwk"); process.exit(1); }
const prefix = process.env.JUKI_PREFIX ?? "juki";
const contract = "child-policy", me = "subscriber-child-policy";
const text = (file) => readFileSync(file, "utf8").trim();
const json = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
const granted = await compactDecrypt(text(keysFile), await importJWK(JSON.parse(text(privateFile)), "ECDH-ES+A256KW"));
const keys = new Map(json(granted.plaintext).keys.map((key) => [key.kid, key]));
const only = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
const seen = new Set(); // a department keeps the ids of what it took beside its own data, in the same transaction

const consumer = new kafkajs.Kafka({
  clientId: me, brokers: [bootstrap], ssl: { ca: [text(`${secrets}/ca.pem`)] }, logLevel: kafkajs.logLevel.ERROR,
  sasl: { mechanism: "scram-sha-512", username: me, password: text(`${secrets}/${me}.password`) },
}).consumer({ groupId: `${prefix}-${me}`, readUncommitted: false });
await consumer.connect();
await consumer.subscribe({ topic: `${prefix}.disclosures.${contract}`, fromBeginning: true });
await consumer.run({ autoCommit: false, eachMessage: async ({ topic, partition, message }) => {
  const token = await compactDecrypt(message.value.toString(), ({ kid }) => importJWK(keys.get(kid)), only);
  const { aud, sub_topic, part, sub, jti } = token.protectedHeader, key = message.key.toString("hex");
  if (aud !== contract || sub_topic !== topic || part !== partition || sub !== key) throw new Error("a token was moved");
  if (seen.has(jti)) return;
  seen.add(jti);
  console.log(JSON.stringify(json(token.plaintext)));
} });
