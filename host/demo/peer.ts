// The other end of the board's cable in the demo, which sends ARP requests and pings.

export interface Answers {
  readonly sent: number;
  readonly received: number;
  /** True when no answer was damaged or came twice. */
  readonly right: boolean;
  /** Round-trip times, or the errors, in a user-readable form. */
  readonly remark: string;
}

export interface Peer {
  /** A description of the peer and of its connection to the board. */
  readonly description: string;
  /** The connection as a value of QEMU's -nic, and of PKTSOCK_NIC on BOARD=linux. */
  readonly nic: { readonly qemu: string; readonly linux: string };
  /** Returns the command that starts `command`, a board, in the connection's namespace. */
  start(command: readonly string[]): string[];
  /** Send `count` ARP requests for this address. */
  arping(ip: string, count: number): Promise<Answers>;
  /** Send `count` pings with `size` bytes after the ICMP header. */
  ping(ip: string, count: number, size: number): Promise<Answers>;
  close(): Promise<void>;
}

/** The peer's address; the board's is in boards/apps/demo.c. */
export const PEER_IP = "192.0.2.1";
