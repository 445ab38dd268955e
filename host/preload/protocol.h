/* The protocol between the preloaded library, in the program's process, and the server, which runs the component.
 *
 * A packet socket of the program is one end of an AF_UNIX connection to the server, so that its descriptor is a real one:
 * dup(2), fork(2), exec(2) and SCM_RIGHTS keep it, O_NONBLOCK and time-outs are the kernel's, and the server sees when the
 * last copy is closed. The descriptor is bound to the abstract name "\0KEY/NUMBER" (eight hexadecimal digits), by which the
 * library recognizes it, however the process obtained it. The server listens at "\0KEY". This connection carries
 *   program -> server   one CALL_SOCKET, right after connect(2), then requests to send (see below),
 *   server -> program   its answer, then what there is to receive, which makes the descriptor readable for poll(2), select(2)
 *                       and epoll(7): the oldest frame of the socket's queue (struct preload_frame), and behind it a single
 *                       byte if there is more: further frames, an error, frames in a packet ring.
 * The program receives a frame from the connection, without the server. Until then the frame stays in the component's queue,
 * and counts there. The server sees from SIOCOUTQ what was taken. Who takes the byte calls CALL_RECEIVE, which reports the error,
 * or makes the server send the next frame.
 *
 * Each other call uses a connection of its own, for one request and one answer. So the library keeps no state that a
 * fork, a thread or a signal handler could find half changed. A call never waits in the server; the library waits. Requests
 * to send may go over the socket's own connection instead. Their answer is in memory that both sides map (struct
 * preload_answers), of which the server reads nothing. All connections are SOCK_SEQPACKET. */
#ifndef PRELOAD_PROTOCOL_H
#define PRELOAD_PROTOCOL_H

#include <stdint.h>

/* Environment of the program: KEY, a secret, and the interfaces as the program sees them: NAME=INDEX,... Every local user can find
 * the server's address; the secret is for those who may read the program's environment. Each request carries it, because a
 * daemon may change its user and go on. */
#define PRELOAD_KEY "PKTSOCK_SERVER"
#define PRELOAD_SECRET "PKTSOCK_SECRET"
#define PRELOAD_SECRET_BYTES 32
#define PRELOAD_VIEW "PKTSOCK_INTERFACES"

/* The maximum of interfaces: the component's. */
#define PRELOAD_INTERFACES 4

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
  CALL_RECEIVE,     /* arguments: flags. Never returns a frame: EAGAIN if there is no error */
  CALL_SETSOCKOPT, /* arguments: level, name, length; data: the value; or for SO_ATTACH_FILTER the instructions, and how
                       many there are as fourth argument */
  CALL_GETSOCKOPT, /* arguments: level, name, length; data: the value before; answer's data: it; result: its length */
  CALL_ANSWERS,    /* with the answer comes the descriptor of struct preload_answers */
  CALL_MMAP,    /* arguments: PACKET_RX_RING or PACKET_TX_RING; result: the size of that ring's memory, whose descriptor
                      comes with the answer (SCM_RIGHTS) */
  CALL_POLL,    /* result: poll(2)'s events of the socket; also drains what the program has emptied by itself */
  CALL_NOTHING, /* the answer shows that the server has handled earlier events from the kernel */
  CALL_IOCTL,   /* arguments: request; data and answer's data: what the argument points to */
  CALL_MESSAGE, /* arguments: flags; answer's data: a message of the error queue, a struct preload_frame and its bytes */
  CALL_QUEUE,   /* with the answer comes a descriptor that shows POLLERR while there is a message or an error */
};

/* The maximum data of a request or an answer. Longer data is truncated; the length field shows it. */
#define PRELOAD_DATA 65536
/* Room for the longest frame. */
#define PRELOAD_FRAME 2048
/* The maximum bytes of an address and of control messages in a message; further bytes of an address do not matter. */
#define PRELOAD_NAME 20
#define PRELOAD_CONTROL 512

/* Data follows: a name of exactly `name` bytes, control messages of exactly `control` bytes, then the rest. */
struct preload_request {
  uint32_t call;   /* enum preload_call */
  uint32_t number; /* of the socket; 0: none (CALL_IOCTL about the interface) */
  int32_t arguments[4];
  uint32_t name;    /* bytes of the name */
  uint32_t control; /* bytes of control messages */
  char secret[PRELOAD_SECRET_BYTES];
};

/* Data follows. */
struct preload_answer {
  int32_t result; /* -1: `error` is the errno */
  int32_t error;
  uint32_t drain; /* take one byte off the descriptor */
  uint32_t ring;  /* CALL_RECEIVE: frames go to a ring, never to this call */
  uint32_t purge; /* take all off the descriptor, then make another call */
  uint32_t again; /* CALL_SENDTO, CALL_SENDMSG: a ring may have more to send; make the same call again */
};

/* A received frame, as the connection of its socket carries it, or a message of the error queue: `len` bytes follow. */
struct preload_frame {
  uint32_t len;
  int32_t flags; /* msg_flags */
  uint32_t name; /* length of the address; the bytes are in `address` */
  uint32_t control;
  uint8_t address[PRELOAD_NAME];
  _Alignas(8) uint8_t messages[256]; /* control messages, `control` bytes of them */
};

/* What the server writes for a socket without being asked: the answers to requests over the socket's own connection. */
struct preload_answers {
  uint32_t closed; /* the server: the socket is closed */
  uint32_t error;  /* the server: there is a pending error, which comes before all frames */
  uint32_t busy;   /* the library: a thread makes a call. Only the library believes it. */
  uint32_t turn;   /* a futex: incremented with each answer */
  struct preload_answer answer;
};

#endif
