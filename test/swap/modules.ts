// Modules that are swapped in: the module under test with a change each. They are written as C arrays for test/swap/*.c.
import binaryen from "assemblyscript/binaryen";
import { mkdirSync, writeFileSync } from "node:fs";
import { moduleBytes } from "../support/module.js";

type Change = (module: binaryen.Module) => void;

/** Unused bytes of linear memory in front of the control block. */
const UNUSED = 8;

function valid(wasm: Uint8Array): Uint8Array {
  if (!WebAssembly.validate(wasm as BufferSource)) throw new Error("the changed module is not valid");
  return wasm;
}

function changed(change: Change): Uint8Array {
  const module = binaryen.readBinary(moduleBytes());
  try {
    change(module);
    return valid(module.emitBinary());
  } finally {
    module.dispose();
  }
}

/** Puts `first` before what an export does. */
function before(module: binaryen.Module, name: string, first: (module: binaryen.Module) => number): void {
  const exported = binaryen.getExportInfo(module.getExport(name)).value;
  const { params, results, vars, body } = binaryen.getFunctionInfo(module.getFunction(exported));
  module.removeFunction(exported);
  module.addFunction(exported, params, results, vars, module.block(null, [first(module), body], results));
}

/** An export of another constant. */
function constant(module: binaryen.Module, name: string, value: number): void {
  module.removeExport(name);
  module.addGlobal("other", binaryen.i32, false, module.i32.const(value));
  module.addGlobalExport("other", name);
}

const answers = (name: string, value: number) => (module: binaryen.Module) =>
  before(module, name, (m) => m.return(m.i32.const(value)));

/** Counts the calls of an export in linear memory, and traps in the one with that number. */
function trapsAt(name: string, call: number): Change {
  return (module) =>
    before(module, name, (m) => {
      const count = () => m.i32.load(0, 4, m.i32.const(UNUSED));
      const counted = m.i32.store(0, 4, m.i32.const(UNUSED), m.i32.add(count(), m.i32.const(1)));
      return m.block(null, [counted, m.if(m.i32.ge_u(count(), m.i32.const(call)), m.unreachable())]);
    });
}

/** What SIOCOUTQ answers with the module `marked`. */
export const MARK = 1234;

export function modules(): Record<string, Uint8Array> {
  const own = moduleBytes();
  return {
    same: own,
    // Does the same, but is not the module that a firmware has compiled.
    rewritten: changed(() => undefined),
    truncated: own.subarray(0, own.length - 100),
    garbage: new TextEncoder().encode("this is no module at all"),
    marked: changed(answers("bytesUnsent", MARK)),
    traps_at_once: changed(trapsAt("send", 1)),
    traps_later: changed(trapsAt("send", 20)),
    loops: changed((module) => before(module, "send", (m) => m.loop("again", m.br("again")))),
    lies: changed(answers("openSocket", 1000)),
    other_abi: changed((module) => constant(module, "PKTSOCK_ABI", 3)),
    other_layout: changed((module) => constant(module, "PKTSOCK_LAYOUT", 12345)),
    no_layout: changed((module) => module.removeExport("PKTSOCK_LAYOUT")),
    no_start: changed((module) => {
      constant(module, "PKTSOCK_LAYOUT", 12345);
      answers("init", -12)(module);
    }),
    no_export: changed((module) => module.removeExport("pollSocket")),
    has_variables: changed((module) => {
      module.addGlobal("variable", binaryen.i32, true, module.i32.const(0));
      before(module, "send", (m) => m.global.set("variable", m.i32.const(1)));
    }),
    has_data: withData(own),
    other_import: changed((module) => {
      module.addFunctionImport("other", "port", "other", binaryen.createType([binaryen.i32]), binaryen.none);
      before(module, "send", (m) => m.call("other", [m.i32.const(0)], binaryen.none));
    }),
  };
}

/** Appends a data section with a byte at offset 8. */
function withData(wasm: Uint8Array): Uint8Array {
  const section = [0x0b, 7, 1, 0, 0x41, UNUSED, 0x0b, 1, 0xff];
  // Behind the code section, which is the last but for those of custom bytes.
  let at = 8;
  while (at < wasm.length) {
    const id = wasm[at]!;
    let size = 0;
    let from = at + 1;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[from++]!;
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    at = from + size;
    if (id === 10) break;
  }
  return valid(Uint8Array.from([...wasm.subarray(0, at), ...section, ...wasm.subarray(at)]));
}

/** Writes build/swap/modules.h, with some of the modules or all. */
export function writeModules(names?: readonly string[]): void {
  const all = Object.entries(modules()).filter(([name]) => names === undefined || names.includes(name));
  const arrays = all.map(([name, bytes]) => `static const unsigned char ${name}[] = {${[...bytes].join()}};\n`);
  mkdirSync("build/swap", { recursive: true });
  writeFileSync("build/swap/modules.h", arrays.join(""));
}
