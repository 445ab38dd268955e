// An ATA-over-Ethernet initiator (AoEr11).
import { assertFrame, be, BROADCAST, bytes, PEER, type Peer } from "./peer.js";

const AOE = "88a2";
const ours = "000102";
const sectorBytes = 512;

/** Flags, error, shelf and slot, command and tag. */
function header(flags: string, error: string, target: string, command: string, tag: number): string {
  return flags + error + target + command + be(tag, 4);
}

/** An ATA command to sectors below 256, with data. */
function ata(command: string, lba: number, sectors: number, data = ""): string {
  return `40 00 ${be(sectors, 1)} ${command} ${be(lba, 1)} 00 00 00 00 00 0000 ${data}`.replaceAll(" ", "");
}

const configuration = "0010 4019 02 10 0000".replaceAll(" ", "");
const [read, write, flush, ready] = ["24", "34", "ea", "40"];
const sector = (byte: string): string => byte.repeat(sectorBytes);

export const initiator: Peer = async (run) => {
  const asks = (target: string, command: string, tag: number, rest = "") =>
    run.send(bytes(run.address, PEER, AOE, header("10", "00", target, command, tag), rest.padEnd(72, "0")));
  const answers = async (expected: string): Promise<void> =>
    assertFrame(await run.receive(), bytes(PEER, run.address, AOE, expected));

  assertFrame(
    await run.receive(),
    bytes(BROADCAST, run.address, AOE, header("18", "00", ours, "01", 0), configuration),
  );
  // Somebody else's slot and shelf, and an answer: the filter refuses them.
  await asks("000103", "01", 1);
  await asks("000202", "01", 2);
  await run.send(bytes(run.address, PEER, AOE, header("18", "00", ours, "01", 3), "00".repeat(36)));
  await run.send(bytes(BROADCAST, PEER, AOE, header("10", "00", "ffffff", "01", 4), "00".repeat(36)));
  await answers(header("18", "00", ours, "01", 4) + configuration);

  await asks(ours, "00", 5, ata(read, 2, 2));
  await answers(header("18", "00", ours, "00", 5) + ata(ready, 2, 2, sector("d2") + sector("d3")));
  await asks(ours, "00", 6, ata(write, 1, 1, sector("77")));
  await answers(header("18", "00", ours, "00", 6) + ata(ready, 1, 1));
  await asks(ours, "00", 7, ata(read, 0, 2));
  await answers(header("18", "00", ours, "00", 7) + ata(ready, 0, 2, sector("d0") + sector("77")));
  await asks(ours, "00", 8, ata(read, 3, 2)); // behind the end
  await answers(header("1c", "02", ours, "00", 8));
  await asks(ours, "09", 9);
  await answers(header("1c", "01", ours, "09", 9));
  await asks(ours, "00", 10, ata(flush, 0, 0));
  await answers(header("18", "00", ours, "00", 10) + ata(ready, 0, 0));
  await run.console.waitFor("requests 7");
  await run.passed();
};
