/* What the Linux kernel does with classic BPF programs on packet sockets. Reads cases from standard input, runs each on its
 * AF_PACKET, and writes what came of it. Runs in a network namespace with the two ends of a veth pair, whose indices are
 * the arguments: frames are sent through the first end.
 *
 * A case: u32 kind, u32 instructions, u32 frames; the instructions (struct sock_filter); for each frame u32 length, bytes.
 * A result: u32 errno of SO_ATTACH_FILTER; if that is 0, for each frame i32 length (-1: not received), u16 protocol in
 * network order, u8 packet type, bytes. All in this machine's byte order. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/ethernet.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_BYTES 2048
#define WAIT_MS 5000

enum { KINDS = 6 };

/* Whose the marker is: no other frame comes from this address. */
static const uint8_t marker_source[6] = {0x02, 'm', 'a', 'r', 'k', 0};

struct received {
  int32_t len;
  uint16_t protocol;
  uint8_t type;
  uint8_t bytes[MAX_BYTES];
};

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void get(void *bytes, size_t len) {
  if (fread(bytes, 1, len, stdin) != len) {
    fprintf(stderr, "the cases end too early\n");
    exit(1);
  }
}

static uint32_t get_word(void) {
  uint32_t word;
  get(&word, sizeof(word));
  return word;
}

static void put(const void *bytes, size_t len) {
  if (fwrite(bytes, 1, len, stdout) != len)
    die("standard output");
}

static int open_socket(int type, int protocol, int ifindex) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = ifindex};
  int fd = socket(AF_PACKET, type, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    die("socket");
  return fd;
}

static int attach(int fd, struct sock_filter *instructions, uint16_t count) {
  struct sock_fprog program = {.len = count, .filter = instructions};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? errno : 0;
}

/* The next frame of a socket; false: none. `is_marker`: it is the marker. */
static bool take(int fd, struct received *received, bool *is_marker) {
  struct sockaddr_ll from;
  socklen_t from_len = sizeof(from);
  ssize_t n = recvfrom(fd, received->bytes, sizeof(received->bytes), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
  if (n < 0 && errno != EAGAIN)
    die("recvfrom");
  if (n < 0)
    return false;
  received->len = (int32_t)n;
  received->protocol = from.sll_protocol;
  received->type = from.sll_pkttype;
  *is_marker = memcmp(from.sll_addr, marker_source, sizeof(marker_source)) == 0;
  return true;
}

static void transmit(int sender, const uint8_t *bytes, size_t len) {
  if (send(sender, bytes, len, 0) != (ssize_t)len)
    die("send");
}

/* Sends a frame and behind it the marker: when a socket that sees everything has the marker, the frame is through. */
static void send_and_wait(int sender, int witness, const uint8_t *bytes, size_t len) {
  uint8_t marker[60] = {0x02, 0, 0, 0, 0, 0x99};
  memcpy(marker + 6, marker_source, sizeof(marker_source));
  marker[12] = 0x88, marker[13] = 0xb5;
  transmit(sender, bytes, len);
  transmit(sender, marker, sizeof(marker));
  for (bool is_marker = false; !is_marker;) {
    struct pollfd fds = {.fd = witness, .events = POLLIN};
    struct received seen;
    if (poll(&fds, 1, WAIT_MS) != 1) {
      fprintf(stderr, "a frame did not come through\n");
      exit(1);
    }
    take(witness, &seen, &is_marker);
  }
}

static void run_frame(int fd, int sender, int witness) {
  uint8_t bytes[MAX_BYTES];
  uint32_t len = get_word();
  if (len > sizeof(bytes)) {
    fprintf(stderr, "a frame is too long\n");
    exit(1);
  }
  get(bytes, len);
  send_and_wait(sender, witness, bytes, len);
  struct received result = {.len = -1}, next;
  bool is_marker;
  while (take(fd, &next, &is_marker))
    if (!is_marker)
      result = next;
  put(&result.len, sizeof(result.len));
  put(&result.protocol, sizeof(result.protocol));
  put(&result.type, sizeof(result.type));
  if (result.len > 0)
    put(result.bytes, (size_t)result.len);
}

static void run_case(const int sockets[KINDS], uint32_t kind, int sender, int witness) {
  static struct sock_filter instructions[UINT16_MAX];
  struct sock_filter nothing = {.code = BPF_RET | BPF_K, .k = 0};
  uint32_t count = get_word(), frames = get_word();
  if (kind >= KINDS || count > UINT16_MAX) {
    fprintf(stderr, "not a case\n");
    exit(1);
  }
  get(instructions, count * sizeof(instructions[0]));
  int fd = sockets[kind];
  uint32_t error = (uint32_t)attach(fd, instructions, (uint16_t)count);
  put(&error, sizeof(error));
  for (uint32_t i = 0; i < frames; i++) {
    if (error == 0) {
      run_frame(fd, sender, witness);
    } else {
      uint8_t bytes[MAX_BYTES];
      uint32_t len = get_word();
      get(bytes, len < sizeof(bytes) ? len : sizeof(bytes));
    }
  }
  if (attach(fd, &nothing, 1) != 0)
    die("SO_ATTACH_FILTER");
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: kernel SENDING-INDEX RECEIVING-INDEX <cases >results\n");
    return 2;
  }
  int out = atoi(argv[1]), in = atoi(argv[2]);
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  if (sched_setaffinity(0, sizeof(first), &first) < 0) /* for SKF_AD_CPU, and so that frames keep their order */
    die("sched_setaffinity");
  int sender = open_socket(SOCK_RAW, ETH_P_ALL, out);
  int witness = open_socket(SOCK_RAW, ETH_P_ALL, in);
  struct sock_filter nothing = {.code = BPF_RET | BPF_K, .k = 0};
  if (attach(sender, &nothing, 1) != 0)
    die("SO_ATTACH_FILTER");
  const int sockets[KINDS] = {
      open_socket(SOCK_RAW, ETH_P_ALL, in),    open_socket(SOCK_DGRAM, ETH_P_ALL, in),
      open_socket(SOCK_RAW, ETHERTYPE_IP, in), open_socket(SOCK_DGRAM, ETHERTYPE_IP, in),
      open_socket(SOCK_RAW, ETH_P_ALL, out),   open_socket(SOCK_DGRAM, ETH_P_ALL, out),
  };
  for (int i = 0; i < KINDS; i++)
    if (attach(sockets[i], &nothing, 1) != 0)
      die("SO_ATTACH_FILTER");
  uint32_t kind;
  while (fread(&kind, sizeof(kind), 1, stdin) == 1)
    run_case(sockets, kind, sender, witness);
  return 0;
}
