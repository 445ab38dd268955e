import { parseArgs } from "node:util";
import type { Hello, Interface, Socket } from "../manage/client.js";
import { formatMac } from "../net/wire.js";
import { boardLinkUsage, withBoard } from "./board-link.js";
import { type Command, parsing, UsageError } from "./command.js";

const usage = `--to LINK
Shows what a board has: its module, its interfaces and its packet sockets, as ss -0 -a -m shows them for Linux. The board must answer the
management protocol, as the demo does. LINK is one of
${boardLinkUsage}`;

const types: Readonly<Record<number, string>> = { 2: "dgram", 3: "raw", 255: "stack" };

/** EtherTypes with a name; ss prints them in the same way. */
const protocols: Readonly<Record<number, string>> = {
  0x0000: "none",
  0x0001: "802.3",
  0x0003: "*",
  0x0004: "802.2",
  0x0800: "ip",
  0x0806: "arp",
  0x86dd: "ipv6",
  0x88cc: "lldp",
};

const FLAGS: readonly (readonly [number, string])[] = [
  [0x1, "UP"],
  [0x40, "RUNNING"],
  [0x100, "PROMISC"],
  [0x200, "ALLMULTI"],
];

const hexType = (protocol: number): string => `0x${protocol.toString(16).padStart(4, "0")}`;

/** Returns "3 queue full, 1 filtered", or "none". */
function reasons(counts: readonly (readonly [count: number, reason: string])[]): string {
  const found = counts.filter(([count]) => count > 0);
  return found.map(([count, reason]) => `${count} ${reason}`).join(", ") || "none";
}

/** What `pktsock stat` prints of the board and its module. */
export function moduleLines(hello: Hello): string[] {
  const { state, version, fallback } = hello;
  const origin = {
    "built-in": "the firmware's own",
    trial: `on trial; falls back to version ${fallback}`,
    proven: `proven; falls back to version ${fallback}`,
  }[state];
  const engine = hello.engine === "" ? "cannot be swapped" : `version ${version} on ${hello.engine}, ${origin}`;
  const history = `${hello.swaps} swaps, ${hello.fallbacks} fallbacks, ${hello.traps} traps, ${hello.recoveries} recoveries`;
  const lost = reasons([
    [hello.lostFrames, "frames"],
    [hello.lostSockets, "sockets"],
  ]);
  return [
    `board    ${hello.board}`,
    `module   ABI ${hello.abi}, ${engine}`,
    `         ${history}; lost: ${lost}`,
    ...(hello.reason === "" ? [] : [`         last fallback: ${hello.reason}`]),
  ];
}

function interfaceLines(iface: Interface): string[] {
  const flags = FLAGS.filter(([bit]) => iface.flags & bit).map(([, name]) => name);
  const drops = reasons([
    [iface.rxNoFrame, "no empty frame"],
    [iface.rxPoolEmpty, "sockets held all frames"],
    [iface.rxTooShort, "too short"],
    [iface.rxTooLong, "too long"],
    [iface.rxErrors, "receive errors"],
    [iface.rxIfaceDown, "interface down"],
    [iface.txErrors, "transmit errors"],
    [iface.ringFaults, "invalid ring entries"],
  ]);
  return [
    `${iface.name.padEnd(8)} ${formatMac(iface.hwaddr)}, mtu ${iface.mtu}, ${flags.join(",") || "DOWN"}, ` +
      `rx ${iface.rxFrames}, tx ${iface.txFrames}, MAC restarts ${iface.macRestarts}`,
    `         dropped: ${drops}`,
  ];
}

function socketRow(socket: Socket, names: ReadonlyMap<number, string>): string[] {
  const drops = reasons([
    [socket.queueFull, "queue full"],
    [socket.poolEmpty, "no frame left"],
    [socket.filtered, "filtered"],
  ]);
  return [
    `${socket.fd}`,
    types[socket.type] ?? `${socket.type}`,
    protocols[socket.protocol] ?? hexType(socket.protocol),
    socket.ifindex === 0 ? "*" : (names.get(socket.ifindex) ?? `#${socket.ifindex}`),
    `${socket.queued}`,
    `${socket.rcvbuf}`,
    `${socket.packets}`,
    socket.filter === 0 ? "none" : `${socket.filter} instructions${socket.interpreted > 0 ? ", interpreted" : ""}`,
    drops,
  ];
}

const columns = ["fd", "type", "protocol", "iface", "queued", "rcvbuf", "received", "filter", "dropped"];

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd(),
  );
}

/** Returns what `pktsock stat` prints. */
export function describeBoard(hello: Hello, interfaces: readonly Interface[], sockets: readonly Socket[]): string {
  const names = new Map(interfaces.map(({ index, name }) => [index, name]));
  return [
    ...moduleLines(hello),
    ...interfaces.flatMap(interfaceLines),
    "",
    ...table([columns, ...sockets.map((socket) => socketRow(socket, names))]),
    "",
  ].join("\n");
}

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parsing(() =>
    parseArgs({ args, options: { to: { type: "string" } }, allowPositionals: true }),
  );
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is too much: only --to LINK is wanted.`);
  await withBoard(values.to, async (board) => {
    const hello = await board.hello();
    process.stdout.write(describeBoard(hello, await board.interfaces(hello), await board.sockets()));
  });
  return 0;
}

export const stat: Command = { summary: "what a board has: module, interfaces, sockets, drops", usage, run };
