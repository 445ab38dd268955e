import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Program, readElf } from "../host/esp32/elf.js";
import { flashImage, readImage } from "../host/esp32/image.js";

const code = { address: 0x40080000, data: Buffer.from([1, 2, 3, 4, 5, 6, 7]) };
const data = { address: 0x3ffb4000, data: Buffer.from([0xf0, 0x0f]) };
const program: Program = { entry: 0x40080004, segments: [data, code] };

describe("ESP32 image", () => {
  it("has the header that the boot ROM reads", () => {
    const header = [...flashImage(program).subarray(0, 24)];
    assert.deepEqual(header.slice(0, 4), [0xe9, 2, 2, 0x20]);
    assert.deepEqual(header.slice(4, 8), [0x04, 0x00, 0x08, 0x40]);
    assert.deepEqual(header.slice(8), [0xee, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 1]);
    assert.equal(flashImage(program, 16)[3], 0x40);
  });

  it("has segments of whole words, a checksum at the end of a block of 16, and a digest", () => {
    const image = flashImage(program);
    assert.deepEqual([...image.subarray(24, 36)], [0x00, 0x40, 0xfb, 0x3f, 4, 0, 0, 0, 0xf0, 0x0f, 0, 0]);
    assert.deepEqual([...image.subarray(36, 52)], [0, 0, 8, 0x40, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 0]);
    const end = 64;
    assert.equal(image[end - 1], 0xef ^ 0xf0 ^ 0x0f ^ 1 ^ 2 ^ 3 ^ 4 ^ 5 ^ 6 ^ 7);
    assert.ok(image.subarray(52, end - 1).every((byte) => byte === 0));
    assert.deepEqual(image.subarray(end), createHash("sha256").update(image.subarray(0, end)).digest());
  });

  it("leaves room for the checksum when the segments end with a block", () => {
    for (let bytes = 4; bytes <= 40; bytes += 4) {
      const one = { entry: code.address, segments: [{ address: code.address, data: Buffer.alloc(bytes, 0x55) }] };
      const image = flashImage(one);
      assert.equal((image.length - 32) % 16, 0);
      assert.ok(image.length - 32 > 24 + 8 + bytes);
      assert.deepEqual(readImage(image).segments[0]!.data, one.segments[0]!.data);
    }
  });

  it("is read back, unless it is damaged", () => {
    const image = flashImage(program);
    const back = readImage(image);
    assert.equal(back.entry, program.entry);
    assert.deepEqual(
      back.segments.map(({ address }) => address),
      [data.address, code.address],
    );
    const damaged = (at: number) => {
      const copy = Buffer.from(image);
      copy[at]! ^= 1;
      return copy;
    };
    assert.throws(() => readImage(damaged(0)), /not an image for an ESP32/);
    assert.throws(() => readImage(damaged(32)), /checksum is wrong/);
    assert.throws(() => readImage(damaged(5)), /SHA-256 is wrong/);
    assert.throws(() => readImage(damaged(28)), /cut short|header asks for/);
    assert.throws(() => readImage(image.subarray(0, 40)), /cut short/);
    assert.throws(() => readImage(image.subarray(0, 80)), /has 80 bytes; its header asks for 96/);
  });

  it("refuses with figures what the boot ROM cannot load", () => {
    const at = (address: number, bytes: number): Program => ({
      entry: code.address,
      segments: [code, { address, data: Buffer.alloc(bytes) }],
    });
    assert.throws(() => flashImage(at(0x4009fff0, 20)), /20 bytes at 0x4009fff0 are too many for IRAM: 16 are left/);
    assert.throws(
      () => flashImage(at(0x3ffb0000, 196_612)),
      /196612 bytes at 0x3ffb0000 are too many for DRAM: 196608/,
    );
    assert.throws(
      () => flashImage(at(0x400d0018, 4)),
      /cannot load to 0x400d0018; it fills IRAM 0x40080000 to 0x4009ffff/,
    );
    assert.throws(
      () => flashImage({ ...program, entry: data.address }),
      /entry point 0x3ffb4000 does not lie in .* IRAM/,
    );
    assert.throws(() => flashImage(program, 3), /flash of 3 MB is unknown: 1, 2, 4, 8, 16/);
    const many = Array.from({ length: 17 }, (_, i) => ({ address: 0x40080000 + 8 * i, data: code.data }));
    assert.throws(() => flashImage({ entry: code.address, segments: many }), /17 segments are too many/);
  });

  it("is made of an ELF file for Xtensa only", () => {
    assert.throws(() => readElf(Buffer.from("no"), "x"), /x is not an executable for Xtensa/);
    assert.throws(
      () => readElf(readFileSync(process.execPath).subarray(0, 4096), "node"),
      /not an executable for Xtensa/,
    );
  });
});

for (const board of ["wt32-eth01", "esp32-poe"]) {
  describe(`image of ${board}`, () => {
    const elf = `build/${board}/demo.elf`;
    const symbols = new Map<string, { address: number; type: string }>();
    let file: Buffer;

    before(function () {
      this.timeout(300_000);
      execFileSync("make", ["-s", "firmware", `BOARD=${board}`], { stdio: "inherit" });
      file = readFileSync(elf);
      for (const line of execFileSync("xtensa-lx106-elf-nm", [elf], { encoding: "utf8" }).split("\n")) {
        const [address, type, name] = line.split(" ");
        if (name !== undefined) symbols.set(name, { address: parseInt(address!, 16), type: type! });
      }
    });

    const address = (name: string): number => symbols.get(name)!.address;
    const isIram = (at: number): boolean => at >= 0x40080000 && at < 0x400a0000;
    const isDram = (at: number): boolean => at >= 0x3ffb0000 && at < 0x3ffe0000;

    it("is the ELF file's segments", () => {
      const [image, linked] = [readImage(readFileSync(`build/${board}/demo.bin`)), readElf(file, elf)];
      assert.equal(image.entry, address("reset"));
      assert.equal(image.segments.length, 2);
      for (const [i, segment] of linked.segments.entries()) {
        assert.deepEqual(image.segments[i]!.data.subarray(0, segment.data.length), segment.data);
      }
    });

    it("has code in IRAM and all that is read by the byte in DRAM", () => {
      assert.ok(isDram(address("pktsock_wasm")));
      for (const [name, { address, type }] of symbols) {
        if (/^[tT]$/.test(type)) assert.ok(isIram(address), name);
        if (/^[rRdDbB]$/.test(type)) assert.ok(isDram(address) || name.startsWith("__"), name);
      }
      const sections = execFileSync("xtensa-lx106-elf-objdump", ["-h", elf], { encoding: "utf8" });
      for (const [, name, at] of sections.matchAll(/^ +\d+ (\S+) +\S+ +(4008\S+|4009\S+)/gm)) {
        assert.equal(name, ".text", `${name} at ${at}`);
      }
    });

    it("has its vectors where the core looks for them", () => {
      const base = address("__vector_base");
      assert.equal(base % 1024, 0);
      const { data } = readElf(file, elf).segments.find(({ address }) => address === base)!;
      const savesA1 = [0x10, 0xd1, 0x13]; // wsr.excsave1 a1
      assert.deepEqual([...data.subarray(0x300, 0x303)], savesA1);
      assert.deepEqual([...data.subarray(0x340, 0x343)], savesA1);
      for (const jump of [0x280, 0x303, 0x343, 0x3c0]) assert.equal(data[jump]! & 0x3f, 0x06, jump.toString(16));
    });

    it("keeps stacks, data and heap apart, all within reach of the EMAC", () => {
      const order = ["__task_stack_start", "__task_stack_end", "__bss_start", "__irq_stack_start", "__irq_stack_end"];
      const places = [...order, "__heap_start", "__heap_end"].map(address);
      assert.deepEqual(
        places,
        [...places].sort((a, b) => a - b),
      );
      assert.ok(isDram(places[0]!) && places.at(-1) === 0x3ffe0000);
      assert.ok(address("__heap_end") - address("__heap_start") > 80_000, "room for linear memory and interpreter");
    });
  });
}
