// Verifies a webhook with nothing of ours. A server that keeps the bytes compares Sentry-Hook-Signature with them; one
// that has parsed the body already compares Sentry-App-Signature with what JSON.stringify prints of it.
//
// node verify_webhook.mjs SECRET HOOK_SIGNATURE APP_SIGNATURE < body          exits with 0 if both are genuine
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { argv, exit } from "node:process";

export function isGenuine(body, signature, secret) {
  const expected = Buffer.from(createHmac("sha256", secret).update(body).digest("hex"));
  const shown = Buffer.from(signature ?? "");
  // In constant time: how soon a comparison ends would tell how much was right.
  return expected.length === shown.length && timingSafeEqual(expected, shown);
}

const [, , secret, hookSignature, appSignature] = argv;
const body = readFileSync(0);
const printedAgain = JSON.stringify(JSON.parse(body));
exit(isGenuine(body, hookSignature, secret) && isGenuine(printedAgain, appSignature, secret) ? 0 : 1);
