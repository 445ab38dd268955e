// Signed modules: what `pktsock sign` writes, and what boards/verify accepts and refuses (docs/signing.md).
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, encode, Tag } from "cbor2";
import { swapKeySource } from "../host/build/swap-key.js";
import { signature, signModule } from "../host/sign/cose.js";
import { publicBytes, readPrivateKey, readPublicKey } from "../host/sign/keys.js";
import { moduleFaults } from "../host/sign/validate.js";
import { compile } from "./support/asc.js";
import { fake } from "./support/fake.js";
import { moduleBytes } from "./support/module.js";

const ED25519_DIR = "node_modules/ed25519-supercop/vendor/ed25519/src";
const providers: Readonly<Record<string, readonly string[]>> = {
  openssl: ["boards/verify/ed25519_openssl.c", "-lcrypto"],
  ref10: ["boards/verify/ed25519_ref10.c", "-isystem", ED25519_DIR],
};
const tool = "build/pktsock.mjs";
const seed = Number(process.env.SIGNED_SEED ?? Date.now() % 0x7fffffff);

/** RFC 8032, section 7.1: tests 1, 2 and 3: private key, public key, message, signature. */
const rfc8032 = [
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ],
] as const;

const hex = (text: string): Buffer => Buffer.from(text, "hex");

function privateKey(d: string, x: string): KeyObject {
  const jwk = { kty: "OKP", crv: "Ed25519", d: hex(d).toString("base64url"), x: hex(x).toString("base64url") };
  return createPrivateKey({ key: jwk, format: "jwk" });
}

const key = privateKey(rfc8032[0][0], rfc8032[0][1]);
const payload = Uint8Array.from(Buffer.from("\0asm\x01\0\0\0", "latin1"));

/** A file of this form, signed rightly, with other values than `pktsock sign` takes. */
function otherForm(change: {
  readonly header?: readonly (readonly [unknown, unknown])[];
  readonly unprotected?: Map<unknown, unknown>;
  readonly tag?: number;
  readonly signature?: Uint8Array;
}): Uint8Array {
  const keyId = Uint8Array.from(publicBytes(key).subarray(0, 8));
  const header = encode(
    new Map<unknown, unknown>(
      change.header ?? [
        [1, -8],
        [3, "application/wasm"],
        [4, keyId],
        [-65537, 1],
      ],
    ),
  );
  const signed = change.signature ?? Uint8Array.from(signature(header, payload, key));
  return encode(new Tag(change.tag ?? 18, [header, change.unprotected ?? new Map(), payload, signed]));
}

describe(`signed modules (SIGNED_SEED=${seed})`, function () {
  this.timeout(240_000);
  let dir: string;

  before(() => {
    execFileSync("make", ["-s", tool, "build/gen/pktsock/abi.h"], { stdio: "inherit" });
    dir = mkdtempSync(join(tmpdir(), "pktsock-signed-"));
    const keySource = join(dir, "key.c");
    writeFileSync(keySource, swapKeySource(publicBytes(key)));
    const flags = ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-Ibuild/gen", "-Iboards/include"];
    const sanitized = [...flags, "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"];
    const sources = ["test/verify/verify.c", "boards/verify/signed.c", keySource];
    for (const [name, provider] of Object.entries({ ...providers, believes: ["test/verify/believes.c"] })) {
      // ref10 shifts negative numbers.
      const options = name === "ref10" ? [...flags, "-fsanitize=address"] : sanitized;
      execFileSync("cc", [...options, ...sources, ...provider, "-o", join(dir, name)], { stdio: "inherit" });
    }
  });
  after(() => rmSync(dir, { recursive: true }));

  function write(name: string, bytes: Uint8Array): string {
    writeFileSync(join(dir, name), bytes);
    return join(dir, name);
  }

  function ask(provider: string, ...args: string[]): string {
    return execFileSync(join(dir, provider), args, { encoding: "utf8" }).trim();
  }

  const verify = (provider: string, bytes: Uint8Array): string => ask(provider, "file", write("file", bytes));

  it("signs as cose-wg's example eddsa-sig-01 does", () => {
    const example = hex(
      "d28445a201270300a10442313154546869732069732074686520636f6e74656e742e58407142fd2ff96d56db85bee905a76ba1d0b7321a95" +
        "c8c4d3607c5781932b7afb8711497dfa751bf40b58b3bcc32300b1487f3db34085eef013bf08f4a44d6fef0d",
    );
    const { contents } = decode<Tag>(Uint8Array.from(example));
    const [header, , content, signed] = contents as [Uint8Array, unknown, Uint8Array, Uint8Array];
    assert.equal(signature(header, content, key).toString("hex"), Buffer.from(signed).toString("hex"));
  });

  for (const provider of Object.keys(providers)) {
    describe(`with ${provider}`, () => {
      it("knows the signatures of RFC 8032, wherever the message is divided", () => {
        for (const [, x, message, signed] of rfc8032) {
          const bytes = Buffer.concat([x, signed, message].map(hex));
          for (let split = 0; split <= message.length / 2; split++)
            assert.equal(ask(provider, "ed25519", write("vector", bytes), String(split)), "1");
          bytes[95]! ^= 1;
          assert.equal(ask(provider, "ed25519", write("vector", bytes), "0"), "0");
        }
      });

      it("accepts what is signed, and finds module and version in it", () => {
        const wasm = moduleBytes();
        for (const version of [0, 23, 24, 255, 256, 65535, 65536, 0xffffffff]) {
          const file = signModule(wasm, version, key);
          assert.equal(
            verify(provider, file),
            `version ${version}, ${wasm.length} bytes at ${Buffer.from(file).indexOf(wasm)}`,
          );
        }
      });

      it("refuses a small file with any change of one byte, cut anywhere, or with a byte more", () => {
        const file = signModule(payload, 1, key);
        assert.equal(ask(provider, "changes", write("small", file)), `0 of ${file.length * 10 + 256} accepted`);
      });

      it("refuses files with random changes", () => {
        const path = write("small", signModule(payload, 1, key));
        assert.match(ask(provider, "random", path, `${seed}`, "3000"), /^0 of \d+ accepted$/);
      });

      it("refuses another signature of the same module", () => {
        // S + L instead of S: the same point, for those who do not look.
        const L = 2n ** 252n + 27742317777372353535851937790883648493n;
        const header = (decode<Tag>(otherForm({})).contents as Uint8Array[])[0]!;
        const signed = signature(header, payload, key);
        let s = L;
        for (let i = 32; i < 64; i++) s += BigInt(signed[i]!) << BigInt(8 * (i - 32));
        for (let i = 32; i < 64; i++, s >>= 8n) signed[i] = Number(s & 255n);
        assert.equal(verify(provider, otherForm({ signature: Uint8Array.from(signed) })), "the signature is wrong");
      });
    });
  }

  it("says what is wrong with a file", () => {
    const { privateKey: stranger } = generateKeyPairSync("ed25519");
    const good = signModule(payload, 1, key);
    const id = Uint8Array.from(publicBytes(key).subarray(0, 8));
    const type = [3, "application/wasm"] as const;
    const changed = (at: number): Uint8Array => good.map((byte, i) => (i === good.length + at ? byte ^ 1 : byte));
    const notSigned = "the file is not a signed module";
    const cases: readonly (readonly [string, Uint8Array, string])[] = [
      ["nothing", new Uint8Array(0), "the signed module is truncated"],
      ["a bare module", moduleBytes(), notSigned],
      ["cut in the signature", good.slice(0, -1), "the signed module is truncated"],
      ["cut in the module", good.slice(0, 50), "the signed module is truncated"],
      ["a byte more", Uint8Array.from([...good, 0]), "bytes follow the signed module"],
      ["a byte of the module changed", changed(-70), "the signature is wrong"],
      ["a byte of the signature changed", changed(-1), "the signature is wrong"],
      ["another key", signModule(payload, 1, stranger), "the module is signed with another key than this firmware has"],
      [
        "another algorithm",
        otherForm({ header: [[1, -7], type, [4, id], [-65537, 1]] }),
        "the module is signed with another algorithm than Ed25519",
      ],
      [
        "another content",
        otherForm({
          header: [
            [1, -8],
            [3, "application/json"],
            [4, id],
            [-65537, 1],
          ],
        }),
        "what is signed is not a WebAssembly module",
      ],
      ["no version", otherForm({ header: [[1, -8], type, [4, id]] }), notSigned],
      ["a negative version", otherForm({ header: [[1, -8], type, [4, id], [-65537, -1]] }), notSigned],
      ["a version of 64 bits", otherForm({ header: [[1, -8], type, [4, id], [-65537, 2 ** 32]] }), notSigned],
      [
        "another order",
        otherForm({
          header: [
            [3, "application/wasm"],
            [1, -8],
            [4, id],
            [-65537, 1],
          ],
        }),
        notSigned,
      ],
      ["a header that is not protected", otherForm({ unprotected: new Map([[4, 1]]) }), notSigned],
      ["another message of COSE", otherForm({ tag: 98 }), notSigned],
      ["a short signature", otherForm({ signature: new Uint8Array(63) }), notSigned],
    ];
    for (const [what, bytes, sentence] of cases) assert.equal(verify("openssl", bytes), sentence, what);
    assert.match(verify("openssl", otherForm({})), /^version 1, 8 bytes/, "the form of the cases is right");
  });

  it("stays within the file, whatever the file says", () => {
    const path = write("small", signModule(payload, 1, key));
    assert.match(ask("believes", "random", path, `${seed}`, "300000"), /^[1-9]\d* of \d+ accepted$/);
  });

  describe("pktsock keygen, pktsock sign", () => {
    function pktsock(...args: string[]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [tool, ...args], { encoding: "utf8" });
      return { status, said: stdout + stderr };
    }

    it("make a key for its owner only, and never over another", () => {
      const path = join(dir, "new.pem");
      const made = pktsock("keygen", path);
      assert.equal(made.status, 0, made.said);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.match(made.said, new RegExp(publicBytes(readPublicKey(path)).toString("hex")));
      const before = readFileSync(path);
      const again = pktsock("keygen", path);
      assert.equal(again.status, 1);
      assert.match(again.said, /exists already; a key is never overwritten/);
      assert.deepEqual(readFileSync(path), before);
    });

    it("sign the module that was built", () => {
      const [pem, out] = [join(dir, "sign.pem"), join(dir, "module.signed")];
      assert.equal(pktsock("keygen", pem).status, 0);
      const { status, said } = pktsock("sign", pem, "build/pktsock.wasm", "-o", out, "--version", "7");
      assert.equal(status, 0, said);
      assert.deepEqual(readFileSync(out), Buffer.from(signModule(moduleBytes(), 7, readPrivateKey(pem))));
    });

    it("read a key of OpenSSL's", () => {
      const path = join(dir, "openssl.pem");
      execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", path]);
      assert.equal(publicBytes(readPrivateKey(path)).length, 32);
    });

    it("refuse other keys with a sentence", () => {
      const rsa = join(dir, "ec.pem");
      execFileSync("openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", rsa]);
      assert.throws(() => readPrivateKey(rsa), /has a key for ec; only Ed25519 is supported/);
      assert.throws(() => readPrivateKey("README.md"), /README.md has no private key in PEM form/);
    });

    for (const [args, message] of [
      [[], /name the key and the module/],
      [["k", "m"], /say with -o FILE/],
      [["k", "m", "-o", "x"], /with --version N/],
      [["k", "m", "-o", "x", "--version", "1.5"], /whole number, not "1.5"/],
      [["k", "m", "-o", "x", "--version", "4294967296"], /from 0 to 4294967295/],
    ] as const) {
      it(`say what is missing: sign ${args.join(" ")}`, () => {
        const { status, said } = pktsock("sign", ...args);
        assert.equal(status, 2, said);
        assert.match(said, message);
      });
    }

    it("do not sign a module that a board must not get", async () => {
      const faults = async (wasm: Uint8Array | Promise<Uint8Array>): Promise<string> =>
        moduleFaults(await wasm).join("\n");
      const good = moduleBytes();
      assert.equal(await faults(good), "");
      assert.match(await faults(good.subarray(0, good.length - 1)), /not a valid WebAssembly module/);
      assert.match(await faults(fake({}, "export const PKTSOCK_ABI: u32 = 1;")), /ABI version is 1/);
      assert.match(await faults(fake({ service: "" })), /exports service\(\) as nothing/);
      assert.match(
        await faults(fake({ service: "export function service(a: u32): i32 { return a; }" })),
        /exports service\(\) as i32 -> i32, not as ->/,
      );
      const foreign = compile(
        {
          "index.ts": `import { evil } from "./port"; export function f(): void { evil(); }`,
          "port.ts": "export declare function evil(): void;",
        },
        "--maximumMemory",
        "1",
      );
      assert.match(await faults(foreign), /imports port\.evil \(->\), which no firmware has/);
      const path = write("bad.wasm", good.subarray(0, 100));
      const { status, said } = pktsock("sign", write("k.pem", Buffer.from("")), path, "-o", path, "--version", "1");
      assert.equal(status, 1);
      assert.match(said, /is not signed/);
    });
  });
});
