/* The fuzz target `filter`: bytes become a classic BPF program and a frame. The module and bpf.c must agree whether the
 * program may be attached and what passes of the frame; a program that may not leaves the one before in force. */
#include "bpf.h"
#include "world.h"

#include <errno.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define MAX_INSTRUCTIONS 1200
/* Programs up to this length fit into the heap, whatever they are. */
#define FITS 1000
#define BIG_HEAP 4 /* number of the configuration in world.c */
#define OLD_VERDICT 33

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sock_filter program[MAX_INSTRUCTIONS];
static uint32_t count;

/* How it is received: the socket's type, its protocol, the frame's direction. */
struct setting {
  int type;
  bool all, outgoing, locked;
};

struct frame {
  uint8_t bytes[MAX_FRAME];
  uint32_t len;
};

/* ---- What the bytes say --------------------------------------------------------------------------------------------- */

static uint32_t constant(struct input *in) {
  uint8_t choice = input_u8(in);
  switch (choice >> 5) {
  case 0:
  case 1:
  case 2: return choice;
  case 3: return input_u8(in);
  case 4: return (uint32_t)SKF_AD_OFF + (choice & 31) * 4 - (choice == 0x9f ? 1 : 0);
  case 5: return (choice & 1 ? (uint32_t)SKF_NET_OFF : (uint32_t)SKF_LL_OFF) + input_u8(in) - (choice & 2);
  case 6: return input_u16(in);
  default: return input_u32(in);
  }
}

/* Usually a valid instruction, usually with jumps that stay inside the program. */
static struct sock_filter instruction(struct input *in, uint32_t behind) {
  static const uint8_t codes[] = {0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x80, 0x00, 0x60, 0x81, 0x01, 0x61, 0xb1,
                                  0x02, 0x03, 0x07, 0x87, 0x06, 0x16, 0x84, 0x05, 0x15, 0x25, 0x35, 0x45, 0x1d,
                                  0x2d, 0x3d, 0x4d, 0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0x94, 0xa4,
                                  0x0c, 0x1c, 0x2c, 0x3c, 0x4c, 0x5c, 0x6c, 0x7c, 0x9c, 0xac};
  uint8_t choice = input_u8(in);
  struct sock_filter one = {.code = codes[choice % sizeof(codes)]};
  if (choice >= 0xf8)
    one.code = input_u16(in);
  one.k = constant(in);
  if (BPF_CLASS(one.code) == BPF_JMP) {
    one.jt = input_u8(in), one.jf = input_u8(in);
    if (choice < 0xe0 && behind != 0) {
      one.jt %= behind < 256 ? behind : 256, one.jf %= behind < 256 ? behind : 256;
      if (one.code == (BPF_JMP | BPF_JA))
        one.k %= behind;
    }
  }
  return one;
}

static void read_program(struct input *in) {
  uint8_t choice = input_u8(in);
  count = choice < 0xf0 ? choice % 64 : input_u16(in) % (MAX_INSTRUCTIONS + 1);
  for (uint32_t i = 0; i < count; i++)
    program[i] = instruction(in, count - 1 - i);
  if (count != 0 && (choice & 0x40) == 0)
    program[count - 1] = (struct sock_filter)BPF_STMT(choice & 0x80 ? BPF_RET | BPF_A : BPF_RET | BPF_K, 0xffff);
}

static bool is_tag(const uint8_t *type) {
  return (type[0] == 0x81 && type[1] == 0) || (type[0] == 0x88 && type[1] == 0xa8);
}

/* Not here, but in test/capture.test.ts: sent frames with a tag or without payload, several tags, tagged runts. */
static void keep_simple(const struct setting *setting, struct frame *frame) {
  if (setting->outgoing && frame->len == 14)
    frame->len++;
  if (!is_tag(frame->bytes + 12))
    return;
  if (setting->outgoing || frame->len < 20)
    frame->bytes[12] = 0x08, frame->bytes[13] = 0;
  else if (is_tag(frame->bytes + 16))
    frame->bytes[16] = 0x08, frame->bytes[17] = 0;
}

static void read_frame(struct input *in, const struct setting *setting, struct frame *frame) {
  static const uint8_t destinations[4][6] = {
      {0x02, 0, 0, 0, 0, 1}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {1, 0, 0x5e, 0, 0, 1}, {0x02, 0, 0, 0, 0, 9}};
  static const uint16_t types[] = {0x0800, 0x0800, 0x8100, 0x88a8, 0x0806, 0x002e, 0x05ff, 0x88b5};
  uint8_t choice = input_u8(in), size = input_u8(in);
  frame->len = size < 0xf0 ? 14 + size : 14 + input_u16(in) % 1501;
  memset(frame->bytes, 0, sizeof(frame->bytes));
  memcpy(frame->bytes, destinations[choice & 3], 6);
  memcpy(frame->bytes + 6, "\x02\0\0\0\0\x44", 6);
  uint16_t type = types[choice >> 2 & 7];
  frame->bytes[12] = (uint8_t)(type >> 8), frame->bytes[13] = (uint8_t)type;
  size_t there = input_left(in), wanted = frame->len - 14;
  input_bytes(in, frame->bytes + 14, wanted);
  for (size_t i = there; i < wanted && there != 0; i++) /* again from its start */
    frame->bytes[14 + i] = frame->bytes[14 + i - there];
  if ((choice & 0x20) != 0 && !setting->all) {
    frame->bytes[12] = 0x08, frame->bytes[13] = 0; /* what the socket asks for */
  }
  keep_simple(setting, frame);
}

/* ---- What must come of it ------------------------------------------------------------------------------------------- */

static uint32_t type_at(const uint8_t *bytes) { return (uint32_t)bytes[0] << 8 | bytes[1]; }

/* The protocol that Linux's eth_type_trans() finds. */
static uint32_t protocol_of(const uint8_t *frame, uint32_t len) {
  uint32_t type = type_at(frame + 12);
  if (type >= 0x600)
    return type;
  return len >= 16 && type_at(frame + 14) == 0xffff ? 0x0001 : 0x0004;
}

static uint32_t packet_type(const struct setting *setting, const uint8_t *frame, uint32_t tci, bool was_tagged) {
  static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  if (setting->outgoing)
    return PACKET_OUTGOING;
  if (was_tagged && (tci & 0xfff) != 0 && !setting->all)
    return PACKET_OTHERHOST;
  if (memcmp(frame, broadcast, 6) == 0)
    return PACKET_BROADCAST;
  if (frame[0] & 1)
    return PACKET_MULTICAST;
  return memcmp(frame, world.nics[0].mac.hwaddr, 6) == 0 ? PACKET_HOST : PACKET_OTHERHOST;
}

/* The frame as the socket sees it: a received one without its tag. */
static void describe(const struct setting *setting, struct frame *frame, struct bpf_packet *packet) {
  uint32_t type = type_at(frame->bytes + 12);
  *packet = (struct bpf_packet){.ifindex = 1, .seen_from = setting->type == SOCK_DGRAM ? 14 : 0};
  bool tagged = !setting->outgoing && (type == 0x8100 || type == 0x88a8) && frame->len >= 18;
  if (tagged) {
    packet->tpid = type;
    packet->tci = type_at(frame->bytes + 14);
    memmove(frame->bytes + 12, frame->bytes + 16, frame->len - 16);
    frame->len -= 4;
  }
  packet->tagged = tagged && setting->all;
  packet->bytes = frame->bytes;
  packet->len = frame->len;
  packet->protocol = setting->outgoing ? 0x88b5 : protocol_of(frame->bytes, frame->len);
  packet->type = packet_type(setting, frame->bytes, packet->tci, tagged);
}

/* ---- The comparison ------------------------------------------------------------------------------------------------- */

/* Pass the frame by, of which `verdict` bytes must pass the filter (any number if `random`). */
static void pass(int fd, const struct setting *setting, const struct frame *wire, const struct bpf_packet *packet,
                 uint32_t verdict, bool random, const char *filter) {
  static uint8_t got[MAX_FRAME];
  uint32_t there = packet->len - packet->seen_from;
  if (setting->outgoing)
    MUST(pktsock_send(world.bystander, wire->bytes, wire->len, 0) == (ssize_t)wire->len, "send: errno %d", errno);
  else
    MUST(nic_arrive(&world.nics[0], wire->bytes, wire->len, 0), "the driver has no frame");
  bool matches = setting->all || packet->protocol == 0x0800;
  uint32_t expected = !matches ? 0 : verdict < there ? verdict : there;
  int readable = -1;
  MUST(pktsock_ioctl(fd, FIONREAD, &readable) == 0, "FIONREAD: errno %d", errno);
  errno = 0;
  ssize_t n = pktsock_recv(fd, got, sizeof(got), MSG_DONTWAIT);
  MUST(n >= 0 || errno == EAGAIN, "recv: errno %d", errno);
  MUST(n < 0 || readable == n, "FIONREAD said %d of %zd bytes", readable, n);
  if (!random && (!matches || verdict == 0))
    MUST(n < 0, "%s: %zd bytes of a frame that must not pass", filter, n);
  else if (!random)
    MUST(n == (ssize_t)expected, "%s: %zd bytes and not %u pass", filter, n, expected);
  MUST(n <= (ssize_t)there && (n <= 0 || memcmp(got, packet->bytes + packet->seen_from, (size_t)n) == 0),
       "%s: other bytes than were sent", filter);
}

static int attach(int fd, struct sock_filter *filter, uint32_t length) {
  struct sock_fprog fprog = {.len = (unsigned short)length, .filter = filter};
  return pktsock_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog));
}

static int open_socket(const struct setting *setting) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = 1};
  address.sll_protocol = __builtin_bswap16(setting->all ? 0x0003 : 0x0800);
  int fd = pktsock_socket(AF_PACKET, setting->type, 0);
  MUST(fd >= 0 && pktsock_bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "no socket: errno %d", errno);
  return fd;
}

/* A locked filter can be neither replaced nor detached. */
static void lock(int fd, struct sock_filter *old) {
  int on = 1, off = 0;
  MUST(pktsock_setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) == 0, "SO_LOCK_FILTER: errno %d", errno);
  MUST(attach(fd, old, 1) < 0 && errno == EPERM, "a locked filter was replaced");
  MUST(pktsock_setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &on, sizeof(on)) < 0 && errno == EPERM,
       "a locked filter was detached");
  MUST(pktsock_setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &off, sizeof(off)) < 0 && errno == EPERM,
       "a lock was opened");
}

static void compare(const struct setting *setting, const struct frame *wire) {
  static struct frame seen;
  struct sock_filter old[] = {BPF_STMT(BPF_RET | BPF_K, OLD_VERDICT)};
  struct bpf_packet packet;
  seen = *wire;
  describe(setting, &seen, &packet);
  int fd = open_socket(setting), value = 0;
  MUST(attach(fd, old, 1) == 0, "a filter of one instruction is refused: errno %d", errno);

  bool valid = bpf_valid(program, count), attached = attach(fd, program, count) == 0;
  int error = errno;
  MUST(attached || error == (valid ? ENOMEM : EINVAL), "a program that is %s: errno %d", valid ? "valid" : "not",
       error);
  MUST(!attached || valid, "an invalid program was attached");
  MUST(attached || !valid || count > FITS, "there is no room for %u instructions", count);
  bool random = attached && bpf_is_random(program, count);
  if (setting->locked)
    lock(fd, old);
  uint32_t verdict = attached ? random ? 0 : bpf_run(program, &packet) : OLD_VERDICT;
  if (world_breaks("the old filter") && !attached)
    verdict++;
  for (int twice = 0; twice < 2; twice++)
    pass(fd, setting, wire, &packet, verdict, random, attached ? "the filter" : "the filter before");

  if (!setting->locked) {
    MUST(pktsock_setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &value, sizeof(value)) == 0, "SO_DETACH_FILTER");
    pass(fd, setting, wire, &packet, UINT32_MAX, false, "no filter");
  }
  MUST(pktsock_close(fd) == 0, "close: errno %d", errno);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct frame frame;
  struct input *in = &world.in;
  *in = (struct input){data, data + size};
  uint8_t choice = input_u8(in);
  struct setting setting = {.type = choice & 1 ? SOCK_DGRAM : SOCK_RAW,
                            .all = (choice & 2) == 0,
                            .outgoing = (choice & 6) == 4,
                            .locked = (choice & 0x18) == 0x18};
  world_start(BIG_HEAP);
  read_program(in);
  read_frame(in, &setting, &frame);
  compare(&setting, &frame);
  world_check_home();
  world_stop();
  return 0;
}
