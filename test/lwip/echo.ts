// Sends megabytes to TCP's echo service of 192.0.2.2 and compares what comes back: echo.ts MEGABYTES
import { createHash } from "node:crypto";
import { connect } from "node:net";

const total = Number(process.argv[2]) << 20;
const [sent, received] = [createHash("sha256"), createHash("sha256")];
let [left, count, state] = [total, 0, 1];

function nextChunk(): Buffer {
  const chunk = Buffer.alloc(Math.min(left, 65536));
  for (let i = 0; i < chunk.length; i += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    chunk.writeInt32LE(state, i);
  }
  left -= chunk.length;
  sent.update(chunk);
  return chunk;
}

const started = performance.now();
const socket = connect(7, "192.0.2.2");
function pump(): void {
  while (left > 0) if (!socket.write(nextChunk())) return void socket.once("drain", pump);
  socket.end();
}
socket.on("connect", pump);
socket.on("data", (bytes) => {
  received.update(bytes);
  count += bytes.length;
});
socket.on("close", () => {
  const same = sent.digest("hex") === received.digest("hex") ? "same" : "different";
  console.log(`${count} bytes, ${same}, ${Math.round(performance.now() - started)} ms`);
});
