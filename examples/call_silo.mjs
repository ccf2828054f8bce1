// Calls one method of a silo, signed, with nothing but Node: docs/signing.md says what is signed, and why.
//
//     SILO_RPC_KEYS=operator:cli/op-1:… node call_silo.mjs operator:cli us 127.0.0.1:50061 \
//         /hybridcloud.apps.v1.AppService/GetSentryAppBySlug 0a066b616e62616e
//
// Prints the answer as hex. In a program of your own @grpc/grpc-js makes the call; what is signed stays the same.
import { createHash, createHmac, randomBytes } from "node:crypto";
import { connect } from "node:http2";

/** The metadata of one call. Each call is signed anew: a nonce is accepted once. `entry` is `peer/id:secret`. */
function sign(entry, { caller, target, method, timestamp, nonce, request }) {
  const [, keyId, secret] = entry.match(/^[^/]+\/([^:]+):(.+)$/);
  const digest = createHash("sha256").update(request).digest("hex");
  const lines = ["silo-v1", keyId, caller, target, method, timestamp, nonce, digest].join("\n");
  return {
    "silo-key": keyId,
    "silo-caller": caller,
    "silo-target": target,
    "silo-timestamp": timestamp,
    "silo-nonce": nonce,
    "silo-signature": createHmac("sha256", secret).update(lines).digest("hex"),
  };
}

/** One unary call over gRPC: a message is a zero byte, its length in four bytes, and its own bytes. */
function call(address, method, request, metadata) {
  return new Promise((resolve, reject) => {
    const session = connect(`http://${address}`).on("error", reject);
    const stream = session.request({
      ":method": "POST",
      ":path": method,
      "content-type": "application/grpc",
      te: "trailers",
      "grpc-timeout": "5S",
      ...metadata,
    });
    const parts = [];
    const finish = (headers) => {
      const status = headers["grpc-status"];
      if (status === undefined) return;
      session.close();
      const answer = Buffer.concat(parts).subarray(5);
      status === "0" ? resolve(answer) : reject(new Error(`${status}: ${decodeURIComponent(headers["grpc-message"])}`));
    };
    stream.on("response", finish).on("trailers", finish).on("data", (part) => parts.push(part)).on("error", reject);
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(request.length, 1);
    stream.end(Buffer.concat([frame, request]));
  });
}

const [caller, target, address, method, hex] = process.argv.slice(2);
const request = Buffer.from(hex, "hex");
const timestamp = String(Math.floor(Date.now() / 1000));
const nonce = randomBytes(16).toString("hex");
const entry = process.env.SILO_RPC_KEYS.split(",")[0];
try {
  const metadata = sign(entry, { caller, target, method, timestamp, nonce, request });
  const answer = await call(address, method, request, metadata);
  console.log(answer.toString("hex"));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
