// Programs that were written for Linux's packet sockets, or as if: the same sources on the Linux kernel and on boards, with
// this process at the other end of the cable. The head of each .c file in test/programs describes the program;
// the .ts file next to it, what its peer sends and expects.
import * as aoe from "./programs/aoe.js";
import * as arping from "./programs/arping.js";
import * as dhcp from "./programs/dhcp.js";
import * as ethercat from "./programs/ethercat.js";
import * as goose from "./programs/goose.js";
import * as lldp from "./programs/lldp.js";
import * as membership from "./programs/membership.js";
import * as nuttx from "./programs/nuttx.js";
import type { Peer } from "./programs/peer.js";
import * as pppoe from "./programs/pppoe.js";
import * as profinet from "./programs/profinet.js";
import * as ptp from "./programs/ptp.js";
import * as supplicant from "./programs/supplicant.js";
import { obstacle, PLACES, start } from "./support/program.js";

/** test/programs/NAME.c, what it shows to do, and its peer. */
const programs: readonly [name: string, does: string, peer: Peer][] = [
  ["nuttx-raw", "NuttX's first program sends back the frame that it received", nuttx.raw],
  ["nuttx-dgram", "NuttX's second program sends the payload that it received to everybody", nuttx.dgram],
  ["membership", "NuttX's membership: promiscuous only while it lasts", membership.strangers],
  ["ethercat-poll", "an EtherCAT master polls with time-outs of 1 us, as SOEM does", ethercat.poll],
  ["ethercat-batch", "an EtherCAT master sends a cycle's frames in a row, as KickCAT does", ethercat.batches],
  ["profinet-device", "a PROFINET device answers on several sockets, as p-net does", profinet.control],
  ["goose-publisher", "a GOOSE publisher sends and never reads, as libiec61850's does", goose.subscribe],
  ["goose-subscriber", "a GOOSE subscriber hears its group alone, as libiec61850's does", goose.publish],
  ["lldp-daemon", "an LLDP daemon keeps track of a neighbour, as lldpd does", lldp.neighbour],
  ["dhcp-client", "a DHCP client gets a lease, as udhcpc does", dhcp.server],
  ["supplicant", "an 802.1X supplicant is let in, as wpa_supplicant is", supplicant.authenticator],
  ["pppoe-client", "a PPPoE client opens and ends a session, as rp-pppoe does", pppoe.concentrator],
  ["aoe-target", "an ATA-over-Ethernet target reads and writes sectors, as vblade does", aoe.initiator],
  ["ptp-slave", "a PTP slave follows a master, end to end and peer to peer, as ptp4l does", ptp.master],
  ["arping", "an ARP prober finds a host, as iputils' arping does", arping.host],
];

for (const place of PLACES) {
  describe(`programs on ${place === "kernel" ? "the Linux kernel" : place}`, function () {
    this.timeout(240_000);

    before(function () {
      const why = obstacle(place);
      if (why === undefined) return;
      console.log(`      skipped: ${why}`);
      this.skip();
    });

    for (const [name, does, peer] of programs) {
      it(does, async () => {
        const run = await start(place, `test/programs/${name}.c`);
        try {
          await peer(run);
        } finally {
          await run.stop();
        }
      });
    }
  });
}
