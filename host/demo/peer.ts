// The other end of the board's cable in the demo: somebody who asks for its address and pings it.

export interface Answers {
  readonly sent: number;
  readonly received: number;
  /** No answer was damaged or came twice. */
  readonly right: boolean;
  /** Round-trip times, or what was wrong, for people. */
  readonly remark: string;
}

export interface Peer {
  /** Who it is and how the board is connected to it. */
  readonly description: string;
  /** The connection in the words of QEMU's -nic, and of PKTSOCK_NIC on BOARD=linux. */
  readonly nic: { readonly qemu: string; readonly linux: string };
  /** The command that starts `command`, a board, where the connection is. */
  start(command: readonly string[]): string[];
  /** Ask `count` times who has this address. */
  arping(ip: string, count: number): Promise<Answers>;
  /** `count` pings with `size` bytes behind the ICMP header. */
  ping(ip: string, count: number, size: number): Promise<Answers>;
  close(): Promise<void>;
}

/** The peer's address; the board's is in boards/apps/demo.c. */
export const PEER_IP = "192.0.2.1";
