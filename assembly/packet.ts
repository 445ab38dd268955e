// Numbers of the Linux socket interface that the module understands: packet(7), socket(7), netdevice(7), and the errno
// values that it returns negated. The port maps errno to the platform's own; everything else has the values of Linux.
// Valid AssemblyScript and valid TypeScript, like abi.ts.

// errno(3), numbered as on Linux
export const EPERM: u32 = 1;
export const ENOENT: u32 = 2;
export const EIO: u32 = 5;
export const ENXIO: u32 = 6;
export const EBADF: u32 = 9;
export const EAGAIN: u32 = 11;
export const ENOMEM: u32 = 12;
export const EFAULT: u32 = 14;
export const EBUSY: u32 = 16;
export const EEXIST: u32 = 17;
export const ENODEV: u32 = 19;
export const EINVAL: u32 = 22;
export const EMFILE: u32 = 24;
export const ENOTTY: u32 = 25;
export const EDOM: u32 = 33;
export const ERANGE: u32 = 34;
export const EMSGSIZE: u32 = 90;
export const ENOPROTOOPT: u32 = 92;
export const ESOCKTNOSUPPORT: u32 = 94;
export const EOPNOTSUPP: u32 = 95;
export const EAFNOSUPPORT: u32 = 97;
export const EADDRNOTAVAIL: u32 = 99;
export const ENETDOWN: u32 = 100;
export const ENOBUFS: u32 = 105;
export const ENOTCONN: u32 = 107;
export const EDESTADDRREQ: u32 = 89;

// socket(2)
export const AF_PACKET: u32 = 17;
export const SOCK_DGRAM: u32 = 2;
export const SOCK_RAW: u32 = 3;
/** The highest type of socket that Linux knows. */
export const SOCK_PACKET: u32 = 10;
/** The bits of the second argument that are the type; the others are flags. */
export const SOCK_TYPE_MASK: u32 = 0xf;
export const SOCK_NONBLOCK: u32 = 0x800;
export const SOCK_CLOEXEC: u32 = 0x80000;

// recv(2), send(2), poll(2)
export const MSG_PEEK: u32 = 0x02;
export const MSG_DONTROUTE: u32 = 0x04;
export const MSG_CTRUNC: u32 = 0x08;
export const MSG_TRUNC: u32 = 0x20;
export const MSG_DONTWAIT: u32 = 0x40;
export const MSG_ERRQUEUE: u32 = 0x2000;
export const POLLIN: u32 = 0x001;
export const POLLPRI: u32 = 0x002;
export const POLLOUT: u32 = 0x004;
export const POLLERR: u32 = 0x008;
export const POLLHUP: u32 = 0x010;

// struct sockaddr_ll of packet(7): offsets and sizes
export const SLL_FAMILY: u32 = 0;
export const SLL_PROTOCOL: u32 = 2;
export const SLL_IFINDEX: u32 = 4;
export const SLL_HATYPE: u32 = 8;
export const SLL_PKTTYPE: u32 = 10;
export const SLL_HALEN: u32 = 11;
export const SLL_ADDR: u32 = 12;
/** sizeof(struct sockaddr_ll); an address with Ethernet's 6 bytes ends at 18. */
export const SLL_BYTES: u32 = 20;

export const ARPHRD_ETHER: u32 = 1;

export const PACKET_HOST: u32 = 0;
export const PACKET_BROADCAST: u32 = 1;
export const PACKET_MULTICAST: u32 = 2;
export const PACKET_OTHERHOST: u32 = 3;
export const PACKET_OUTGOING: u32 = 4;

// Protocols that are not EtherTypes, as <linux/if_ether.h> numbers them
export const ETH_P_802_3: u32 = 0x0001;
export const ETH_P_ALL: u32 = 0x0003;
export const ETH_P_802_2: u32 = 0x0004;
export const ETH_P_8021Q: u32 = 0x8100;
export const ETH_P_8021AD: u32 = 0x88a8;

// netdevice(7)
export const IFF_UP: u32 = 0x1;
export const IFF_BROADCAST: u32 = 0x2;
export const IFF_LOOPBACK: u32 = 0x8;
export const IFF_POINTOPOINT: u32 = 0x10;
export const IFF_RUNNING: u32 = 0x40;
export const IFF_PROMISC: u32 = 0x100;
export const IFF_ALLMULTI: u32 = 0x200;
export const IFF_MASTER: u32 = 0x400;
export const IFF_SLAVE: u32 = 0x800;
export const IFF_MULTICAST: u32 = 0x1000;
export const IFF_LOWER_UP: u32 = 0x10000;

// setsockopt(2)
export const SOL_SOCKET: u32 = 1;
export const SO_REUSEADDR: u32 = 2;
export const SO_TYPE: u32 = 3;
export const SO_ERROR: u32 = 4;
export const SO_DONTROUTE: u32 = 5;
export const SO_BROADCAST: u32 = 6;
export const SO_SNDBUF: u32 = 7;
export const SO_RCVBUF: u32 = 8;
export const SO_PRIORITY: u32 = 12;
export const SO_LINGER: u32 = 13;
export const SO_RCVLOWAT: u32 = 18;
export const SO_RCVTIMEO: u32 = 20;
export const SO_SNDTIMEO: u32 = 21;
export const SO_BINDTODEVICE: u32 = 25;
export const SO_ATTACH_FILTER: u32 = 26;
export const SO_DETACH_FILTER: u32 = 27;
export const SO_TIMESTAMP: u32 = 29;
export const SO_ACCEPTCONN: u32 = 30;
export const SO_SNDBUFFORCE: u32 = 32;
export const SO_RCVBUFFORCE: u32 = 33;
export const SO_TIMESTAMPNS: u32 = 35;
export const SO_TIMESTAMPING: u32 = 37;
export const SO_PROTOCOL: u32 = 38;
export const SO_DOMAIN: u32 = 39;
export const SO_RXQ_OVFL: u32 = 40;
export const SO_LOCK_FILTER: u32 = 44;
export const SO_SELECT_ERR_QUEUE: u32 = 45;
export const SO_BPF_EXTENSIONS: u32 = 48;

// SO_TIMESTAMPING
export const SOF_TIMESTAMPING_TX_HARDWARE: u32 = 1 << 0;
export const SOF_TIMESTAMPING_TX_SOFTWARE: u32 = 1 << 1;
export const SOF_TIMESTAMPING_RX_HARDWARE: u32 = 1 << 2;
export const SOF_TIMESTAMPING_RX_SOFTWARE: u32 = 1 << 3;
export const SOF_TIMESTAMPING_SOFTWARE: u32 = 1 << 4;
export const SOF_TIMESTAMPING_SYS_HARDWARE: u32 = 1 << 5;
export const SOF_TIMESTAMPING_RAW_HARDWARE: u32 = 1 << 6;
export const SOF_TIMESTAMPING_OPT_ID: u32 = 1 << 7;
export const SOF_TIMESTAMPING_TX_SCHED: u32 = 1 << 8;
export const SOF_TIMESTAMPING_TX_ACK: u32 = 1 << 9;
export const SOF_TIMESTAMPING_OPT_CMSG: u32 = 1 << 10;
export const SOF_TIMESTAMPING_OPT_TSONLY: u32 = 1 << 11;
export const SOF_TIMESTAMPING_OPT_STATS: u32 = 1 << 12;
export const SOF_TIMESTAMPING_OPT_PKTINFO: u32 = 1 << 13;
export const SOF_TIMESTAMPING_OPT_TX_SWHW: u32 = 1 << 14;
export const SOF_TIMESTAMPING_BIND_PHC: u32 = 1 << 15;

export const SOL_PACKET: u32 = 263;
export const PACKET_ADD_MEMBERSHIP: u32 = 1;
export const PACKET_DROP_MEMBERSHIP: u32 = 2;
export const PACKET_RECV_OUTPUT: u32 = 3;
export const PACKET_RX_RING: u32 = 5;
export const PACKET_STATISTICS: u32 = 6;
export const PACKET_AUXDATA: u32 = 8;
export const PACKET_ORIGDEV: u32 = 9;
export const PACKET_VERSION: u32 = 10;
export const PACKET_HDRLEN: u32 = 11;
export const PACKET_RESERVE: u32 = 12;
export const PACKET_TX_RING: u32 = 13;
export const PACKET_LOSS: u32 = 14;
export const PACKET_TX_TIMESTAMP: u32 = 16;
export const PACKET_TIMESTAMP: u32 = 17;
export const PACKET_QDISC_BYPASS: u32 = 20;
export const PACKET_IGNORE_OUTGOING: u32 = 23;

export const PACKET_MR_MULTICAST: u32 = 0;
export const PACKET_MR_PROMISC: u32 = 1;
export const PACKET_MR_ALLMULTI: u32 = 2;
export const PACKET_MR_UNICAST: u32 = 3;

// ioctl(2)
export const FIONREAD: u32 = 0x541b;
