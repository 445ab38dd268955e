/* The protocol between the preloaded library, in the program's process, and the server, which runs the component.
 *
 * A packet socket of the program is one end of an AF_UNIX connection to the server, so that its descriptor is a real one:
 * dup(2), fork(2), exec(2) and SCM_RIGHTS keep it, O_NONBLOCK and time-outs are the kernel's, and the server sees when the
 * last copy is closed. This connection carries only
 *   program -> server   one CALL_SOCKET, right after connect(2),
 *   server -> program   its answer, then single bytes. A byte is pending exactly while the socket has something to receive,
 *                       which makes the descriptor readable for poll(2), select(2) and epoll(7). After each receiving
 *                       call that leaves something, a new byte wakes the next waiter.
 * The descriptor is bound to the abstract name "\0KEY/NUMBER" (eight hexadecimal digits), by which the library
 * recognizes it, however the process obtained it. The server listens at "\0KEY".
 *
 * Each other call uses a connection of its own, for one request and one answer. So the library keeps no state that a
 * fork, a thread or a signal handler could find half changed. A call never waits in the server; the library waits.
 * All connections are SOCK_SEQPACKET. */
#ifndef PRELOAD_PROTOCOL_H
#define PRELOAD_PROTOCOL_H

#include <stdint.h>

/* Environment of the program: KEY, and the interface as the program sees it. */
#define PRELOAD_KEY "PKTSOCK_SERVER"
#define PRELOAD_IFNAME "PKTSOCK_IFNAME"
#define PRELOAD_IFINDEX "PKTSOCK_IFINDEX"

enum preload_call {
  CALL_SOCKET, /* arguments: type, protocol */
  CALL_BIND,   /* arguments: length of the address; data: the address */
  CALL_CONNECT,
  CALL_LISTEN,
  CALL_ACCEPT,
  CALL_SHUTDOWN,
  CALL_GETPEERNAME,
  CALL_GETSOCKNAME, /* answer's data: the address; result: its length */
  CALL_SENDTO,      /* arguments: flags, length of the address, whether there is one; data: name, then the bytes */
  CALL_SENDMSG,     /* the same; data: name, control, then the bytes */
  CALL_RECEIVE,     /* arguments: flags, room for bytes; answer's data: name, control, bytes */
  CALL_SETSOCKOPT, /* arguments: level, name, length; data: the value; or for SO_ATTACH_FILTER the instructions, and how
                       many there are as fourth argument */
  CALL_GETSOCKOPT, /* arguments: level, name, length; data: the value before; answer's data: it; result: its length */
  CALL_MMAP,       /* with the answer comes the descriptor of the ring's memory (SCM_RIGHTS) */
  CALL_POLL,       /* result: poll(2)'s events of the socket; also drains what the program has emptied by itself */
  CALL_NOTHING,    /* the answer shows that the server has handled earlier events from the kernel */
  CALL_IOCTL,      /* arguments: request; data and answer's data: what the argument points to */
};

/* The maximum data of a request or an answer. Longer data is truncated; the length field shows it. */
#define PRELOAD_DATA 65536
/* The maximum bytes of an address and of control messages in a message; further bytes of an address do not matter. */
#define PRELOAD_NAME 20
#define PRELOAD_CONTROL 512

/* Data follows: a name of exactly `name` bytes, control messages of exactly `control` bytes, then the rest. */
struct preload_request {
  uint32_t call;   /* enum preload_call */
  uint32_t number; /* of the socket; 0: none (CALL_IOCTL about the interface) */
  int32_t arguments[4];
  uint32_t name;    /* bytes of the name; CALL_RECEIVE: room for it */
  uint32_t control; /* bytes of control messages; CALL_RECEIVE: room for them */
};

/* Data follows; for a successful CALL_RECEIVE, a name and control messages exactly as long as the room was. */
struct preload_answer {
  int32_t result; /* -1: `error` is the errno */
  int32_t error;
  uint32_t drain;         /* take one byte off the descriptor */
  uint32_t ring;          /* CALL_RECEIVE: frames go to a ring, never to this call */
  int32_t flags;          /* CALL_RECEIVE: msg_flags */
  uint32_t name, control; /* CALL_RECEIVE: how much of them is filled */
};

#endif
