// The targets of the conformance cases: everything about a target is described here. The suites, `make conformance`, its list of
// targets and docs/conformance.md follow from it. One line more is one target more:
//   "lm3s-aot": { ...board("qemu-lm3s6965evb", "the same board", "aot"), lacks: lm3s },
import type { EngineName } from "../support/engines.js";

/** What a case may need that not every target has; see Case.needs. */
export type Need =
  | "a second task"
  | "a slow line"
  | "an address filter"
  | "frames to other hosts"
  | "frames longer than a buffer"
  | "a carrier"
  | "frames that no kernel sends"
  | "frames shorter than 14 bytes"
  | "frames shorter than 60 bytes"
  | "tags hidden from SOCK_DGRAM"
  | "calls of pktsock.h"
  | "a close() that ends waits"
  | "a limit of sockets"
  | "a limit of waiting tasks"
  | "packet sockets only"
  | "no packet ring"
  | "no address"
  | "an address set by the stack";

/** How a target starts. */
export type Start =
  /** The Linux kernel's packet sockets, on a veth pair. */
  | { readonly kind: "kernel" }
  /** A Linux program under `pktsock run`. */
  | { readonly kind: "preload" }
  /** BOARD=linux, or a board in QEMU. */
  | Build<"board">
  /** A board on the model of chip and board in test/esp32. */
  | (Build<"model"> & {
      readonly model: { readonly phyAddress: number; readonly enable: number; readonly clock: "in" | "out" };
    });

/** An image that make builds. */
export interface Build<Kind extends string> {
  readonly kind: Kind;
  readonly board: string;
  readonly engine: EngineName;
  /** The image is in build/BOARD`suffix`, with the engine between them unless it is wasm3. */
  readonly suffix: string;
  /** Further settings of make. */
  readonly settings: readonly string[];
  /** The program, if it is not the agent alone (test/agent/agent.c). */
  readonly app?: string;
}

export interface Description {
  /** For lists of targets. */
  readonly what: string;
  readonly start: Start;
  /** Where a case expects something else of ours than of Linux: "linux", "ours", or "either" for a whole case. */
  readonly expects: "linux" | "ours" | "either";
  /** The needs of cases that it cannot meet, with the reason: such cases are skipped. */
  readonly lacks: Readonly<Partial<Record<Need, string>>>;
  /** Capacities that cases refer to as $NAME. */
  readonly capacities: Readonly<Record<string, string>>;
  /** The smallest descriptor of a packet socket. */
  readonly firstDescriptor: number;
  /** The length in bytes to which the interface pads shorter frames with zeros. */
  readonly shortest: number;
}

/** A board of boards/targets. */
function board(name: string, what: string, engine: EngineName = "wasm3"): Omit<Description, "lacks"> {
  return {
    what,
    start: { kind: "board", board: name, engine, suffix: "", settings: [] },
    expects: "ours",
    capacities: { SOCKETS: "4", POLLERS: "2" },
    firstDescriptor: 3,
    shortest: 60,
  };
}

const emulated = {
  "a second task": "it has one task only",
  "a slow line": "the emulated MAC sends at once",
  "frames shorter than 60 bytes": "the emulated MAC fills them up or drops them",
};
const noLimit = "the kernel has no such limit";
const noFrame = "Linux sends no such frame";
const keepsWaiting = "there close() leaves a waiting task waiting";
const noCalls = "Linux has none of these calls";
const esp32 = board("wt32-eth01", "BOARD=wt32-eth01 on a model of chip and board");

const mps2 = { ...emulated, "frames shorter than 14 bytes": "the emulated MAC drops it" };
const lm3s = {
  ...emulated,
  "an address filter": "the emulated MAC has no address filter",
  "a carrier": "the emulated MAC has no PHY",
};

export const targets = {
  linux: {
    what: "the Linux kernel's packet sockets, on a veth pair",
    start: { kind: "kernel" },
    expects: "linux",
    lacks: {
      "an address filter": "a veth pair has no address filter",
      "frames that no kernel sends": noFrame,
      "frames shorter than 14 bytes": noFrame,
      "calls of pktsock.h": noCalls,
      "a close() that ends waits": keepsWaiting,
      "a limit of sockets": noLimit,
      "a limit of waiting tasks": noLimit,
    },
    capacities: {},
    firstDescriptor: 3,
    shortest: 0,
  },
  host: {
    ...board("linux", "BOARD=linux with address and undefined-behaviour sanitizers"),
    start: { kind: "board", board: "linux", engine: "wasm3", suffix: "-sanitized", settings: ["SANITIZE=1"] },
    lacks: { "a carrier": "a UDP cable has no carrier" },
    firstDescriptor: 512,
  },
  mps2: { ...board("qemu-mps2-an385", "BOARD=qemu-mps2-an385 in QEMU"), lacks: mps2 },
  "mps2-tuned": { ...board("qemu-mps2-an385", "the same board with ENGINE=wasm3-tuned", "wasm3-tuned"), lacks: mps2 },
  lm3s: {
    ...board("qemu-lm3s6965evb", "BOARD=qemu-lm3s6965evb in QEMU"),
    lacks: lm3s,
  },
  "lm3s-aot": { ...board("qemu-lm3s6965evb", "the same board with ENGINE=aot", "aot"), lacks: lm3s },
  "lm3s-guarded": {
    ...board("qemu-lm3s6965evb", "the same board with ENGINE=aot AOT_BOUNDS=guarded", "aot-guarded"),
    lacks: lm3s,
  },
  "lm3s-tuned": { ...board("qemu-lm3s6965evb", "the same board with ENGINE=wasm3-tuned", "wasm3-tuned"), lacks: lm3s },
  sf2: {
    ...board("qemu-emcraft-sf2", "BOARD=qemu-emcraft-sf2 in QEMU"),
    lacks: {
      ...emulated,
      "an address filter": "the emulated MAC takes all groups or none",
      "frames to other hosts": "the emulated MAC cannot be promiscuous",
      "frames longer than a buffer": "the emulated MAC drops it and does not count it",
      "frames shorter than 14 bytes": "less than an address does not pass the emulated MAC's filter",
    },
  },
  xtensa: {
    ...board("qemu-xtensa", "BOARD=qemu-xtensa in QEMU"),
    lacks: { ...emulated, "frames shorter than 14 bytes": "the emulated MAC fills it up" },
  },
  wt32: {
    ...esp32,
    start: {
      kind: "model",
      board: "wt32-eth01",
      engine: "wasm3",
      suffix: "-conformance",
      // Some cases know how a locally administered address begins.
      settings: ["OUT_SUFFIX=-conformance", "HWADDR=02:50:4b:54:53:01"],
      model: { phyAddress: 1, enable: 16, clock: "in" },
    },
    lacks: { ...emulated, "frames shorter than 14 bytes": "the emulated MAC fills it up" },
  },
  preload: {
    what: "a Linux program under `pktsock run`",
    start: { kind: "preload" },
    expects: "either",
    lacks: {
      "a slow line": "the line is as fast as this machine",
      "a carrier": "a UDP cable has no carrier",
      "calls of pktsock.h": noCalls,
      "a close() that ends waits": keepsWaiting,
      "a limit of waiting tasks": "the kernel does the waiting, for any number of tasks",
      "packet sockets only": "a program's other sockets are the kernel's",
      "no packet ring": "there is a PACKET_RX_RING, for libpcap",
      "an address set by the stack": "addresses are those of --address",
      "no address": "a packet socket, too, is told the address that the stand-in has",
    },
    capacities: { SOCKETS: "4" },
    firstDescriptor: 3,
    shortest: 60,
  },
} as const satisfies Readonly<Record<string, Description>>;

export type TargetName = keyof typeof targets;
export const TARGETS = Object.keys(targets) as readonly TargetName[];

/** The description of a target. */
export function described(name: TargetName): Description {
  return targets[name];
}

/** BOARD=linux under sanitizers with other capacities: `config` as make takes it. The image is in build/linux`suffix`. */
export function configured(
  suffix: string,
  config: string,
  capacities: Description["capacities"],
  engine: EngineName = "wasm3",
): Description {
  const settings = ["SANITIZE=1", `OUT_SUFFIX=${suffix}`, `CONFIG=${config}`];
  return { ...targets.host, start: { ...targets.host.start, engine, suffix, settings }, capacities };
}
