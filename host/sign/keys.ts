// Ed25519 keys (RFC 8032) in PEM files: PKCS #8 for the private key, as `openssl genpkey -algorithm ed25519` writes it.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

function checked(path: string, what: string, read: (pem: Buffer) => KeyObject): KeyObject {
  let key: KeyObject;
  const pem = readFileSync(path);
  try {
    key = read(pem);
  } catch {
    throw new Error(`${path} has no ${what} key in PEM form; "pktsock keygen FILE" makes one.`);
  }
  if (key.asymmetricKeyType !== "ed25519") {
    throw new Error(`${path} has a key for ${key.asymmetricKeyType}; only Ed25519 is supported.`);
  }
  return key;
}

/** Reads a private key. Throws an Error with a user-readable message. */
export function readPrivateKey(path: string): KeyObject {
  return checked(path, "private", createPrivateKey);
}

/** Reads a public key, or the public part of a private key. Throws an Error with a user-readable message. */
export function readPublicKey(path: string): KeyObject {
  return checked(path, "Ed25519", createPublicKey);
}

/** Returns the 32 bytes of a public key, or of a private key's public part. */
export function publicBytes(key: KeyObject): Buffer {
  const { x } = (key.type === "private" ? createPublicKey(key) : key).export({ format: "jwk" });
  return Buffer.from(x!, "base64url");
}

/** Writes a new private key to a file that does not exist yet and that only its owner may read. */
export function writeNewKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync("ed25519");
  writeFileSync(path, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
  return privateKey;
}
