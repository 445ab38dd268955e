import assert from "node:assert/strict";
import { ABI_VERSION } from "../assembly/abi.js";
import { type Engine, engineNames, load, LoadError, TrapError } from "../host/engine/engine.js";
import { exportArguments } from "../host/engine/exports.js";
import { compile } from "./support/asc.js";
import { fake } from "./support/fake.js";
import { moduleBytes } from "./support/module.js";

function trapOf(call: () => unknown): TrapError {
  try {
    call();
  } catch (error) {
    if (error instanceof TrapError) return error;
    throw error;
  }
  return assert.fail("no trap");
}

describe("engine: the exports that a loader asks for", () => {
  it("are those of the module, with as many arguments", async () => {
    const port = { give: () => undefined, take: () => undefined, match: () => 0 };
    const { instance } = await WebAssembly.instantiate(moduleBytes() as BufferSource, { port });
    const functions = Object.entries(instance.exports).filter(([, value]) => typeof value === "function");
    assert.deepEqual(
      Object.fromEntries(functions.map(([name, value]) => [name, (value as () => void).length])),
      exportArguments,
    );
  });
});

for (const name of engineNames) {
  describe(`engine: ${name}`, function () {
    this.timeout(240_000);
    let wasm: Uint8Array;
    let engine: Engine;

    before(async () => {
      wasm = await fake({
        init: `export function init(): i32 { return -12; }`,
        service: `export function service(): void {}`,
        openSocket: `export function openSocket(a: u32, b: u32): i32 { store<u32>(a, b); return load<i32>(a + 4); }`,
        closeSocket: `export function closeSocket(a: u32): i32 { return load<i32>(a); }`,
        ifaceIndex: `export function ifaceIndex(): i32 { unreachable(); return 0; }`,
        addIface: `export function addIface(a: i32, b: i32): i32 { return a / b; }`,
        send: `export function send(a: u32, b: u32): i32 { take(a, b); take(a + b, b); return 0; }`,
        receive: `export function receive(a: u32, b: u32): i32 { give(a, b); give(a + b, b); return 0; }`,
        socketName: `export function socketName(a: u32): i32 { return a ? socketName(a - 1) + 1 : 0; }`,
        sendTo: `export function sendTo(a: u32, b: u32, c: u32): i32 { return a * 100 + b * 10 + c; }`,
        setOption: `export function setOption(a: u32, b: u32, c: u32, d: u32): i32 { return a * 1000 + b * 100 + c * 10 + d; }`,
      });
    });
    beforeEach(() => void (engine = load(wasm, { engine: name, memorySize: 20000 })));

    it("passes arguments and signed results", () => {
      assert.equal(engine.name, name);
      assert.equal(engine.call("init"), -12);
      assert.equal(engine.call("service"), 0);
      assert.equal(engine.call("sendTo", [1, 2, 3]), 123);
      assert.equal(engine.call("setOption", [1, 2, 3, 4]), 1234);
      assert.equal(engine.call("addIface", [-7, 2]), -3);
      assert.equal(engine.call("openSocket", [5000, 0xffffffff]), 0);
      assert.equal(engine.call("closeSocket", [5000]), -1);
    });

    it("shows the live memory, as much as was asked for", () => {
      assert.equal(engine.memory.length, 20000);
      const view = new DataView(engine.memory.buffer, engine.memory.byteOffset);
      view.setInt32(6004, -77, true);
      assert.equal(engine.call("openSocket", [6000, 0x12345678]), -77);
      assert.equal(view.getUint32(6000, true), 0x12345678);
      assert.equal(load(wasm, { engine: name }).memory.length, 65536);
    });

    it("lets give and take walk through the caller's buffer", () => {
      const buffer = Buffer.from("abcdefgh");
      engine.call("send", [3000, 4], buffer);
      assert.equal(Buffer.from(engine.memory.subarray(3000, 3008)).toString(), "abcdefgh");
      engine.memory.set(Buffer.from("ABCDEF"), 3000);
      engine.call("receive", [3000, 3], buffer);
      assert.equal(buffer.toString(), "ABCDEFgh");
      engine.call("receive", [3001, 1], buffer);
      assert.equal(buffer.toString(), "BCCDEFgh");
    });

    it("traps when the module exceeds the caller's buffer or gives what is not in its memory", () => {
      for (const [call, args, reason] of [
        ["receive", [3000, 5], /gave more bytes than the caller's buffer holds/],
        ["send", [3000, 5], /took more bytes than the caller's buffer holds/],
        ["receive", [19996, 8], /^out of bounds memory access$/],
        ["send", [0xfffffffc, 8], /^out of bounds memory access$/],
      ] as const) {
        const fresh = load(wasm, { engine: name, memorySize: 20000 });
        assert.match(trapOf(() => fresh.call(call, args, Buffer.alloc(8))).reason, reason);
      }
    });

    for (const [call, args, reason] of [
      ["ifaceIndex", [], "unreachable executed"],
      ["closeSocket", [70000], "out of bounds memory access"],
      ["addIface", [1, 0], "integer divide by zero"],
      ["addIface", [0x80000000, -1], "integer overflow"],
      ["socketName", [0xffffffff], "stack overflow"],
    ] as const) {
      it(`names the trap: ${reason}, and stays trapped`, () => {
        const trap = trapOf(() => engine.call(call, args));
        assert.equal(trap.reason, reason);
        assert.equal(trap.message, `The module trapped in ${call}(): ${reason}.`);
        assert.equal(
          trapOf(() => engine.call("init")),
          trap,
        );
      });
    }

    it("refuses what is not a pktsock module", async () => {
      const refuse = (bytes: Uint8Array, message: RegExp) =>
        assert.throws(
          () => load(bytes, { engine: name }),
          (error) => error instanceof LoadError && message.test(error.message),
        );
      refuse(Buffer.from("garbage"), name === "v8" ? /^not a WebAssembly module/ : /Wasm/);
      refuse(new Uint8Array(0), /Wasm|WebAssembly/);
      refuse(wasm.subarray(0, wasm.length - 10), /Wasm|WebAssembly/);
      refuse(await fake({}, ""), /exports no PKTSOCK_ABI/);
      refuse(await fake({}, `export const PKTSOCK_ABI: u32 = ${ABI_VERSION + 1};`), /version.* of the pktsock ABI/);
      refuse(await fake({ send: "" }), /exports no function send/);
      const foreign = await compile({
        "index.ts": `import { now } from "./clock"; export const PKTSOCK_ABI: u32 = ${ABI_VERSION};
                     export function send(): i32 { return now(); }`,
        "clock.ts": `export declare function now(): i32;`,
      });
      refuse(foreign, /imports what the port does not have/);
    });

    it("gives back what it loads", () => {
      for (let i = 0; i < 500; i++) assert.equal(load(wasm, { engine: name }).call("init"), -12);
    });
  });
}

describe("engine: a module that is swapped in", function () {
  this.timeout(120_000);
  const globals = (layout: number, abi = ABI_VERSION): string =>
    `export const PKTSOCK_ABI: u32 = ${abi}; export const PKTSOCK_LAYOUT: u32 = ${layout};`;
  const adds = (what: number): Record<string, string> => ({
    closeSocket: `export function closeSocket(a: u32): i32 { store<u32>(a, load<u32>(a) + ${what}); return load<u32>(a); }`,
    receive: `export function receive(a: u32, b: u32): i32 { give(a, b); return 0; }`,
  });

  it("goes on with the memory and the buffers of the one before", async () => {
    const engine = load(await fake(adds(1), globals(7)), { memorySize: 20000 });
    const { memory } = engine;
    assert.equal(engine.call("closeSocket", [2000]), 1);
    engine.swap(await fake(adds(10), globals(7)));
    assert.equal(engine.call("closeSocket", [2000]), 11);
    assert.equal(engine.call("closeSocket", [2000]), 21);
    assert.equal(memory[2000], 21);
    const buffer = new Uint8Array(4);
    engine.call("receive", [2000, 4], buffer);
    assert.deepEqual([...buffer], [21, 0, 0, 0]);
  });

  it("is refused with another layout or ABI version, and on wasm3", async () => {
    const engine = load(await fake(adds(1), globals(7)), { memorySize: 20000 });
    const refuse = (other: Uint8Array, message: RegExp) =>
      assert.throws(
        () => engine.swap(other),
        (error) => error instanceof LoadError && message.test(error.message),
      );
    refuse(await fake(adds(10), globals(8)), /another layout of linear memory/);
    refuse(await fake(adds(10)), /another layout of linear memory/);
    refuse(await fake(adds(10), globals(7, ABI_VERSION + 1)), /version.* of the pktsock ABI/);
    assert.equal(engine.call("closeSocket", [2000]), 1, "the one before goes on");
    const other = load(moduleBytes(), { engine: "wasm3" });
    assert.throws(() => other.swap(moduleBytes()), /wasm3 on the host cannot swap modules/);
  });
});

describe("engine: wasm3", () => {
  /** wasm3 0.9 finds the second sentence first: its validator knows such an opcode, but not what it makes. */
  const refused = /is not of i32, and this engine has no others|^incorrect type on stack$/;
  /** Bodies of receive(): what asc makes of each is a module for V8 only. */
  const others = {
    "i64 arithmetic": `export function receive(a: u32, b: u32): i32 { return <i32>((<i64>a * b) >> 8); }`,
    "an i64 load and store": `export function receive(a: u32, b: u32): i32 { store<u64>(a, load<u64>(b)); return 0; }`,
    "an i64 comparison": `export function receive(a: u32, b: u32): i32 { return load<u64>(a) < load<u64>(b) ? 1 : 0; }`,
    "an i64 that nothing reads": `export function receive(a: u32, b: u32): i32 { let c: i64 = a; while (c--) give(a, b); return 0; }`,
    "an i64 global": `let g: i64 = 1; export function receive(a: u32, b: u32): i32 { return g++ > 9 ? 1 : 0; }`,
    "an i64 parameter": `export function other(a: i64): void {} export function receive(a: u32, b: u32): i32 { return 0; }`,
    "an i64 result": `export function other(): i64 { return 1; } export function receive(a: u32, b: u32): i32 { return 0; }`,
    "f32 arithmetic": `export function receive(a: u32, b: u32): i32 { return <i32>(<f32>a * 1.5); }`,
    "an f64 copy": `export function receive(a: u32, b: u32): i32 { store<f64>(a, load<f64>(b)); return 0; }`,
  };
  for (const [what, receive] of Object.entries(others)) {
    it(`refuses a module with ${what} when it is loaded`, async () => {
      const wasm = await fake({ receive });
      assert.ok(load(wasm, { engine: "v8" }));
      assert.throws(
        () => load(wasm, { engine: "wasm3" }),
        (error) => error instanceof LoadError && refused.test(error.message),
      );
    });
  }

  it("refuses a module with a table of functions", async () => {
    const sum = `function sum(a: u32): u32 { return a + 1; } let call: (a: u32) => u32 = sum;`;
    const wasm = await fake({ receive: `${sum} export function receive(a: u32, b: u32): i32 { return call(a) + b; }` });
    assert.throws(() => load(wasm, { engine: "wasm3" }), /has a table of functions|is not of i32/);
  });

  it("refuses a module that imports a function of the port with another signature", async () => {
    const source = `import { give } from "./port"; export const PKTSOCK_ABI: u32 = ${ABI_VERSION};
                    export function send(): i32 { give(1); return 0; }`;
    const wasm = await compile({ "index.ts": source, "port.ts": `export declare function give(a: u32): void;` });
    assert.throws(() => load(wasm, { engine: "wasm3" }), /imports a function of the port with another signature/);
  });

  it("traps beyond the memory that it was given", async () => {
    const wasm = await fake({ closeSocket: `export function closeSocket(a: u32): i32 { return load<i32>(a); }` });
    const engine = load(wasm, { engine: "wasm3", memorySize: 20000 });
    assert.equal(engine.call("closeSocket", [19996]), 0);
    assert.equal(trapOf(() => engine.call("closeSocket", [19998])).reason, "out of bounds memory access");
  });
});
