/* The fuzz target `api`: bytes become calls of pktsock.h and doings of the network. Then the descriptors are closed, and the
 * bystander must have lost nothing, and everything must be home. */
#include "api.h"

#include <errno.h>
#include <netpacket/packet.h>
#include <stdlib.h>

#define FIRST PKTSOCK_FIRST_DESCRIPTOR

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void api_expect(const char *call, long result, const int *documented) {
  int error = errno;
  if (result >= 0)
    return;
  MUST(result == -1, "%s returned %ld", call, result);
  while (*documented != 0 && *documented != error)
    documented++;
  MUST(*documented != 0, "%s failed with errno %d (%s)", call, error, strerror(error));
}

int api_descriptor(struct input *in) {
  static const int odd[] = {-1, INT32_MIN, FIRST + 63, FIRST + 64, INT32_MAX};
  uint8_t choice = input_u8(in);
  int fd = FIRST + choice % 8;
  if (choice >= 250)
    fd = odd[choice - 250 < 5 ? choice - 250 : 0];
  if (fd == world.bystander)
    fd = FIRST + 1;
  return world.waiting = fd;
}

uint32_t api_length(struct input *in) {
  static const uint16_t edges[] = {0,   1,   4,   6,   8,    12,   13,   14,   15,   16,   17,   18,  19,  20,
                                   46,  59,  60,  61,  64,   110,  111,  114,  115,  124,  126,  127, 128, 129,
                                   238, 242, 252, 256, 1499, 1500, 1501, 1514, 1515, 1518, 1519, 2047};
  uint8_t choice = input_u8(in);
  if (choice < sizeof(edges) / sizeof(edges[0]))
    return edges[choice];
  return choice < 128 ? choice : input_u16(in) % MAX_FRAME;
}

uint32_t api_address(struct input *in, struct sockaddr_storage *address) {
  static const uint16_t protocols[] = {0, 0x0003, 0x0800, 0x0806, 0x0001, 0x0004, 0x8100, 0x88b5};
  uint8_t choice = input_u8(in);
  struct sockaddr_ll *ll = (struct sockaddr_ll *)address;
  memset(address, 0, sizeof(*address));
  if ((choice & 0xe0) == 0xe0) {
    input_bytes(in, address, 24);
    return input_u8(in);
  }
  ll->sll_family = AF_PACKET;
  ll->sll_protocol = __builtin_bswap16(protocols[choice & 7]);
  ll->sll_ifindex = (choice >> 3 & 3) == 3 ? (int)input_u32(in) : choice >> 3 & 3;
  ll->sll_halen = 6;
  memset(ll->sll_addr, choice & 0x80 ? 0xff : 0x02, 6);
  return sizeof(*ll);
}

uint8_t *api_buffer(size_t len) {
  uint8_t *buffer = malloc(len != 0 ? len : 1);
  if (buffer == NULL)
    abort();
  memset(buffer, 0xa5, len);
  return buffer;
}

void api_untouched(const char *call, uint8_t *buffer, size_t from, size_t len) {
  for (size_t i = from; i < len; i++)
    MUST(buffer[i] == 0xa5, "%s wrote to byte %zu of %zu, behind its %zu", call, i, len, from);
  free(buffer);
}

void api_frame(struct input *in, uint8_t *frame, size_t len) {
  static const uint16_t types[] = {0x0800, 0x0806, 0x8100, 0x88a8, 0x0026, 0x88b5, 0x05ff, 0x86dd};
  uint8_t choice = input_u8(in), header[22];
  memset(header, choice & 0x20 ? 0xff : choice & 0x40 ? 0x01 : 0x02, 6);
  memcpy(header + 6, "\x02\0\0\0\0\x44", 6);
  if ((choice & 0x60) == 0)
    memcpy(header, world.nics[choice >> 7 & (world.nic_count - 1)].mac.hwaddr, 6);
  header[12] = (uint8_t)(types[choice & 7] >> 8), header[13] = (uint8_t)types[choice & 7];
  memset(header + 14, choice, sizeof(header) - 14);
  if ((choice & 0x18) == 0x18)
    input_bytes(in, header + 14, sizeof(header) - 14);
  for (size_t i = 0; i < len; i++)
    frame[i] = i < sizeof(header) ? header[i] : (uint8_t)(i + choice);
}

static void open_socket(struct input *in) {
  static const uint16_t protocols[] = {0, 0x0003, 0x0800, 0x0806, 0x0001, 0x0004, 0x8100, 0x0003};
  uint8_t choice = input_u8(in);
  int type = choice & 8 ? SOCK_DGRAM : SOCK_RAW, domain = AF_PACKET;
  int protocol = __builtin_bswap16(protocols[choice & 7]);
  type |= choice & 0x10 ? SOCK_NONBLOCK : 0;
  if (choice >= 0xf0)
    domain = (int)input_u16(in), type = (int)input_u32(in), protocol = (int)input_u32(in);
  EXPECT("socket", pktsock_socket(domain, type, protocol), EAFNOSUPPORT, EINVAL, ESOCKTNOSUPPORT, ENOBUFS);
}

static void open_stack(struct input *in) {
  EXPECT("pktsock_stack", pktsock_stack(input_u8(in) % 4), ENODEV, ENOBUFS, EBUSY);
}

static void close_descriptor(int fd) {
  int result = pktsock_close(fd);
  EXPECT("close", result, EBADF);
  if (result == 0)
    api_forget_lent(fd);
}

static void bind_descriptor(struct input *in) {
  struct sockaddr_storage address;
  int fd = api_descriptor(in);
  uint32_t len = api_address(in, &address);
  const void *at = input_u8(in) == 0xff ? NULL : &address;
  EXPECT("bind", pktsock_bind(fd, at, len), EBADF, EINVAL, EFAULT, ENODEV);
}

static void tell_name(struct input *in) {
  int fd = api_descriptor(in);
  socklen_t room = api_length(in), len = room;
  uint8_t *address = api_buffer(room);
  int result = pktsock_getsockname(fd, (struct sockaddr *)address, &len);
  EXPECT("getsockname", result, EBADF);
  MUST(result < 0 || len == 12 || len == 18, "getsockname says %u bytes", len);
  api_untouched("getsockname", address, result < 0 ? 0 : len, room);
}

static void arrive(struct input *in) {
  uint8_t frame[MAX_FRAME], choice = input_u8(in);
  uint32_t len = api_length(in), offset = choice & 0x0f;
  struct nic *nic = &world.nics[choice >> 7 & (world.nic_count - 1)];
  if (offset == 0x0f) /* at the end of its buffer */
    offset = nic->mac.frame_size - (len < nic->mac.frame_size ? len : 0);
  api_frame(in, frame, len);
  for (unsigned i = 0; i <= (choice >> 4 & 7u); i++)
    nic_arrive(nic, frame, len, offset);
}

static void network(struct input *in) {
  uint8_t choice = input_u8(in);
  struct nic *nic = &world.nics[choice >> 7 & (world.nic_count - 1)];
  switch (choice & 7) {
  case 0: nic->holds = true; break;
  case 1: nic->holds = false; break;
  case 2: nic->no_carrier = !nic->no_carrier; break;
  case 3: world.now += (uint64_t)input_u32(in); break;
  default: nic_complete(nic, choice >> 3); break;
  }
}

static void operate(struct input *in) {
  world.waiting = -1;
  world.waits = 0;
  switch (input_u8(in) % 24) {
  case 0:
  case 1: open_socket(in); break;
  case 2: open_stack(in); break;
  case 3: close_descriptor(api_descriptor(in)); break;
  case 4: bind_descriptor(in); break;
  case 5: tell_name(in); break;
  case 6: api_receive(in); break;
  case 7: api_receive_message(in); break;
  case 8: api_send(in); break;
  case 9: api_send_message(in); break;
  case 10:
  case 11: api_option(in); break;
  case 12: api_membership(in); break;
  case 13: api_attach_filter(in); break;
  case 14: api_ioctl(in); break;
  case 15: api_poll(in); break;
  case 16: api_names(in); break;
  case 17: api_refused(in); break;
  case 18:
  case 19: api_lend(in); break;
  case 20: api_end_lending(in); break;
  case 21:
  case 22: arrive(in); break;
  default: network(in); break;
  }
}

/* Everything is closed one by one, and must be home. */
static void end(void) {
  api_delete_multicast();
  for (int fd = FIRST; fd < FIRST + 64; fd++)
    if (fd != world.bystander)
      close_descriptor(fd);
  world_check_home();
  world_stop();
}

/* The component is stopped while descriptors are open. */
static void end_at_once(void) {
  uint8_t byte;
  world_stop();
  MUST(pktsock_recv(world.bystander, &byte, 1, 0) < 0 && errno == EBADF, "a descriptor outlives the component");
  MUST(pktsock_socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == ENETDOWN, "a socket without the component");
  api_forget_multicast();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input *in = &world.in;
  *in = (struct input){data, data + size};
  world.closed = api_forget_lent;
  uint8_t choice = input_u8(in);
  world_start(choice);
  for (unsigned i = 0; i < MAX_OPERATIONS && input_left(in) != 0; i++)
    operate(in);
  world.waits = 0;
  api_check_lent();
  world_check_bystander((uint8_t)size);
  api_check_lent();
  if (choice < 0xf0)
    end();
  else
    end_at_once();
  api_reset_lent();
  return 0;
}
