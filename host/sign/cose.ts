// Signed modules: COSE_Sign1 of RFC 9052 with Ed25519, in the one form that boards/verify/signed.c reads (docs/signing.md).
import { type KeyObject, sign } from "node:crypto";
import { encode, Tag } from "cbor2";
import { publicBytes } from "./keys.js";

const TAG_SIGN1 = 18;
const EDDSA = -8;
const HEADER_ALGORITHM = 1;
const HEADER_CONTENT_TYPE = 3;
const HEADER_KEY_ID = 4;
/** Labels below -65536 are for private use. */
const HEADER_VERSION = -65537;
/** So many bytes of the public key are the key's identifier. */
const KEY_ID_BYTES = 8;

/** A Buffer would be encoded as what its toJSON() returns. */
const bytes = (data: Uint8Array): Uint8Array => Uint8Array.from(data);

/** Returns the signature over protected header and payload (RFC 9052, section 4.4). */
export function signature(header: Uint8Array, payload: Uint8Array, key: KeyObject): Buffer {
  return sign(null, encode(["Signature1", bytes(header), new Uint8Array(0), bytes(payload)]), key);
}

/** Returns a signed module. `version` is a number of 32 bits, which must rise with each module that a board takes. */
export function signModule(wasm: Uint8Array, version: number, key: KeyObject): Uint8Array {
  const header = encode(
    new Map<number, unknown>([
      [HEADER_ALGORITHM, EDDSA],
      [HEADER_CONTENT_TYPE, "application/wasm"],
      [HEADER_KEY_ID, bytes(publicBytes(key).subarray(0, KEY_ID_BYTES))],
      [HEADER_VERSION, version],
    ]),
  );
  return encode(new Tag(TAG_SIGN1, [header, new Map(), bytes(wasm), bytes(signature(header, wasm, key))]));
}
