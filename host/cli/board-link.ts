// Parses --to of the commands that talk to a board, and opens the link.
import { ManageClient } from "../manage/client.js";
import { EthernetLink, type Link, SerialLink } from "../manage/link.js";
import { NetInterface } from "../net/interface.js";
import { UdpCable } from "../net/udp.js";
import { BROADCAST, parseMac } from "../net/wire.js";
import { Missing, openPort, optional, promised, type SerialPortModule } from "../serial/port.js";
import { UsageError } from "./command.js";
import { port, settings } from "./ends.js";

export const boardLinkUsage = `  --to eth:NAME[,mac=MAC]     the board behind an Ethernet interface of this machine; needs root and socat
  --to udp:OURS:THEIRS[,mac=MAC]
                              a board in QEMU, or BOARD=linux, at the other end of a UDP cable
  --to serial:PATH[,baud=N]   the board whose console is the serial port PATH (115200 baud)
Without mac= the first board that answers is meant.`;

const BAUD = 115200;

async function openSerial(path: string, baud: number): Promise<Link> {
  const module = await optional<SerialPortModule>("serialport");
  if (module === undefined) throw new Missing("The npm package serialport is missing: npm install serialport");
  const serial = await openPort(module, path, baud);
  return new SerialLink(serial, () => promised((done) => serial.close(done)));
}

/** Checks what the user wrote. The returned function opens the link. */
function parseLink(to: string): () => Promise<Link> {
  const [, kind, rest = ""] = /^([a-z]+):(.*)$/.exec(to) ?? [];
  if (kind === "serial") {
    const [path, { baud = String(BAUD) }] = settings(to, rest, ["baud"]);
    if (path === "" || !/^[1-9]\d{0,6}$/.test(baud)) throw new UsageError(`"${to}" names no serial port and speed.`);
    return () => openSerial(path, Number(baud));
  }
  if (kind !== "eth" && kind !== "udp")
    throw new UsageError(`"${to}" is no link to a board: start it with eth:, udp: or serial:.`);
  const [where, { mac = BROADCAST }] = settings(to, rest, ["mac"]);
  try {
    parseMac(mac);
  } catch (error) {
    throw new UsageError(`"${to}" cannot be: ${(error as Error).message}.`);
  }
  if (kind === "eth") {
    return async () => {
      const end = await NetInterface.open(where);
      return new EthernetLink(end, mac.toLowerCase(), end.hwaddr);
    };
  }
  const ports = where.split(":");
  if (ports.length !== 2) throw new UsageError(`"${to}" must name two ports: udp:OURS:THEIRS.`);
  const [ours, theirs] = ports.map((text) => port(to, text)) as [number, number];
  return async () => new EthernetLink(await UdpCable.open(theirs, ours), mac.toLowerCase());
}

/** Opens the link that --to names, and closes it after `use`. */
export async function withBoard<T>(to: string | undefined, use: (board: ManageClient) => Promise<T>): Promise<T> {
  if (to === undefined) throw new UsageError("say with --to which board is meant.");
  const open = parseLink(to);
  const board = new ManageClient(await open());
  try {
    return await use(board);
  } finally {
    await board.close();
  }
}
