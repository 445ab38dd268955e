// ENGINE=wasm3-tuned: `tsx host/build/tune-wasm3.ts WASM3_DIR OUT OPERATIONS.h` writes wasm3's sources to OUT with the changes
// below, and with our own operations in the place of wasm3's. Each change has a name and a reason. A source that is not the
// one that a change was written for ends the build.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMain } from "./main.js";

interface Change {
  readonly name: string;
  readonly why: string;
  readonly file: string;
  /** Must be in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

const changes: readonly Change[] = [
  {
    name: "32-bit register",
    why: "every value is an i32; a 64-bit register costs a second move in each operation",
    file: "m3_core.h",
    from: "typedef i64                     m3reg_t;",
    to: "typedef i32                     m3reg_t;",
  },
  {
    name: "RunCode",
    why: "our operations bring their own, which saves the registers that they use",
    file: "m3_exec_defs.h",
    from: "d_m3RetSig  RunCode  (d_m3OpSig)\n{\n    nextOpDirect();\n}\n",
    to: "static m3ret_t RunCode(d_m3OpSig);\n",
  },
  {
    name: "bounds as constants",
    why: "memory neither moves nor grows: an access needs one comparison and no addition",
    file: "m3_compile.c",
    from: "    EmitConstant32 (o, memoryOffset);\n}\n",
    to: `    if (o->page) {
      static const u8 bits[] = {[0x28] = 32, [0x2c] = 8, [0x2d] = 8, [0x2e] = 16, [0x2f] = 16, [0x36] = 32, [0x3a] = 8, [0x3b] = 16};
      M3MemoryHeader *memory = o->runtime->memory.mallocated;
      u32 size = bits[i_opcode] / 8;
      bool reaches = memoryOffset <= memory->length && size <= memory->length - memoryOffset;
      EmitConstant32(o, reaches ? memory->length - memoryOffset - size + 1 : 0);
      EmitPointer(o, m3MemData(memory) + memoryOffset);
    }
}
`,
  },
  {
    name: "pairs: where the last operation is",
    why: "see the next change",
    file: "m3_code.h",
    from: "typedef M3CodePage *    IM3CodePage;\n",
    to: "typedef M3CodePage *    IM3CodePage;\n\nstruct pkt_last {\n  IM3CodePage page; /* or NULL */\n  u32 line;\n};\n",
  },
  {
    name: "pairs: what was emitted last",
    why: "two operations that often follow each other become one",
    file: "m3_compile.h",
    from: "    m3opcode_t          previousOpcode;\n}\nM3Compilation;",
    to: "    m3opcode_t          previousOpcode;\n    struct pkt_last last;\n}\nM3Compilation;",
  },
  {
    name: "pairs: the second operation",
    why: "it changes the first one, and only its operands follow",
    file: "m3_compile.c",
    from: "        // have execution jump to a new page if slots are critically low\n",
    to: "        if (pkt_join(&o->last, o->page, i_operation))\n          return result;\n",
  },
  {
    name: "pairs: the first operation",
    why: "see above",
    file: "m3_compile.c",
    from: "            EmitWord (o->page, i_operation);\n        }\n",
    to: "            pkt_remember(&o->last, o->page);\n            EmitWord (o->page, i_operation);\n        }\n",
  },
  {
    name: "pairs: not across the target of a jump",
    why: "the second operation would not be run alone",
    file: "m3_compile.c",
    from: "    return GetPagePC (o->page);\n",
    to: "    o->last.page = NULL;\n    return GetPagePC (o->page);\n",
  },
  {
    name: "pairs: not across the begin of a block",
    why: "a loop jumps there",
    file: "m3_compile.c",
    from: "    block->pc               = GetPagePC (o->page);\n",
    to: "    block->pc               = GetPC (o);\n",
  },
  {
    name: "pairs: not across pages",
    why: "an else or a case begins where its page has room",
    file: "m3_compile.c",
    from: "    IM3CodePage page = AcquireCodePage (o->runtime);\n",
    to: "    o->last.page = NULL;\n    IM3CodePage page = AcquireCodePage (o->runtime);\n",
  },
  {
    name: "constants in groups",
    why: "the begin of a function copies four at a time; the compiler's table has room for whole groups",
    file: "m3_compile.c",
    from: "        io_function->constants = m3_CopyMem (o->constants, io_function->numConstantBytes);\n",
    to: `        io_function->numConstantBytes = (io_function->numConstantBytes + PKT_CONSTANT_GROUP - 1) & ~(PKT_CONSTANT_GROUP - 1);
        io_function->constants = m3_CopyMem (o->constants, io_function->numConstantBytes);
`,
  },
  {
    name: "a call takes some stack",
    why: "a call takes 32 bytes of the native stack, so wasm3's stack of 1,472 bytes ends a recursion before that is full",
    file: "m3_compile.c",
    from: "    topSlot = M3_MAX (1, topSlot);\n",
    to: "    topSlot = M3_MAX (8, topSlot);\n",
  },
  {
    name: "loops are jumps",
    why: "the end of a loop jumps to its begin; wasm3 returns to an operation that starts it anew",
    file: "m3_compile.c",
    from: "_       (EmitOp (o, op_Loop));\n",
    to: "",
  },
];

/** The operations are replaced as a whole: the hash of the file that ours were written for. */
const operationsFile = "m3_exec.h";
const operationsHash = "2ac91a8bf058b4cc88619323033cc9597e5811009c1ff7d89a894531c2bc11d9";

export class UnknownWasm3Error extends Error {}

/** The text of a file with the changes that are for it. */
export function tune(file: string, text: string): string {
  let tuned = text;
  for (const { name, from, to } of changes.filter((change) => change.file === file)) {
    const parts = tuned.split(from);
    if (parts.length !== 2) {
      const found = parts.length === 1 ? "is not there" : `is there ${parts.length - 1} times`;
      throw new UnknownWasm3Error(
        `wasm3-tuned does not know this wasm3: in ${file}, what the change "${name}" replaces ${found}. ` +
          "It knows version 0.5.0 of the npm package react-native-webassembly 0.3.3; ENGINE=wasm3 takes others.",
      );
    }
    tuned = parts.join(to);
  }
  return tuned;
}

/** Writes the tuned sources of `from` to `to`. */
export function tuneAll(from: string, to: string, operations: string): void {
  const files = readdirSync(from).filter((file) => /^(m3_.*\.[ch]|wasm3.*\.h)$/.test(file));
  mkdirSync(to, { recursive: true });
  for (const { file } of changes)
    if (!files.includes(file)) throw new UnknownWasm3Error(`wasm3-tuned: there is no ${file} in ${from}.`);
  for (const file of files.filter((name) => !name.startsWith("m3_api"))) {
    const text = readFileSync(join(from, file), "utf8");
    if (file !== operationsFile) {
      writeFileSync(join(to, file), tune(file, text));
      continue;
    }
    if (createHash("sha256").update(text).digest("hex") !== operationsHash)
      throw new UnknownWasm3Error(
        `wasm3-tuned does not know this wasm3: ${file} is not that of the npm package react-native-webassembly 0.3.3.`,
      );
    writeFileSync(join(to, file), readFileSync(operations));
  }
}

if (isMain(import.meta.url)) {
  const [from, to, operations] = process.argv.slice(2);
  try {
    tuneAll(from!, to!, operations!);
  } catch (error) {
    if (!(error instanceof UnknownWasm3Error)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
