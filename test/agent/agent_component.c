/* The agent's commands for the component's own calls, and for the network stack's address, which on Linux is the kernel's. */
#include "agent.h"
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ADDRESS, NETMASK, BROADCAST, ADDRESSES };

/* inet NAME ADDRESS NETMASK BROADCAST: 4 bytes each; the network stack's addresses from now on. */
static long set_inet(const char *name, const uint32_t *addresses);

static void do_inet(struct agent_args *args) {
  const char *name = agent_word(args);
  uint32_t addresses[ADDRESSES] = {0};
  for (int i = 0; i < ADDRESSES; i++)
    agent_take_bytes(args, (uint8_t *)&addresses[i], sizeof addresses[i]);
  if (agent_ok(args))
    agent_result(set_inet(name, addresses));
}

#if __has_include(<pktsock/pktsock.h>)
#include <pktsock/pktsock.h>

static const unsigned long requests[ADDRESSES] = {SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFBRDADDR};
static uint32_t inet[ADDRESSES];
static unsigned inet_index;

static uint32_t inet_address(unsigned ifindex, unsigned long request) {
  for (int i = 0; i < ADDRESSES; i++)
    if (requests[i] == request)
      return ifindex == inet_index ? inet[i] : 0;
  return 0;
}

static long set_inet(const char *name, const uint32_t *addresses) {
  memcpy(inet, addresses, sizeof inet);
  inet_index = if_nametoindex(name);
  pktsock_stack_address(inet_address);
  return inet_index != 0 ? 0 : -1;
}

/* stack IFINDEX: the network stack's descriptor. */
static void do_stack(struct agent_args *args) {
  long index = agent_number(args);
  if (agent_ok(args))
    agent_result(pktsock_stack((unsigned)index));
}

/* counters IFINDEX: the drops of an interface. */
static void do_counters(struct agent_args *args) {
  struct pktsock_counters c;
  long index = agent_number(args);
  if (!agent_ok(args))
    return;
  int result = pktsock_counters((unsigned)index, &c);
  agent_result(result);
  if (result)
    return;
  agent_field_decimal("noframe", (long)c.rx_no_frame);
  agent_field_decimal("poolempty", (long)c.rx_pool_empty);
  agent_field_decimal("tooshort", (long)c.rx_too_short);
  agent_field_decimal("toolong", (long)c.rx_too_long);
  agent_field_decimal("linkdown", (long)c.rx_iface_down);
}

/* socketcounters FD */
static void do_socketcounters(struct agent_args *args) {
  struct pktsock_socket_counters c;
  long fd = agent_number(args);
  if (!agent_ok(args))
    return;
  int result = pktsock_socket_counters((int)fd, &c);
  agent_result(result);
  if (result)
    return;
  agent_field_decimal("packets", (long)c.packets);
  agent_field_decimal("queuefull", (long)c.queue_full);
  agent_field_decimal("poolempty", (long)c.pool_empty);
  agent_field_decimal("filtered", (long)c.filtered);
  agent_field_decimal("interpreted", (long)c.interpreted);
}

/* Frames that were lent, by number. */
#define MAX_LENT 32
static struct pktsock_frame lent[MAX_LENT];

static struct pktsock_frame *take_lent(struct agent_args *args) {
  long number = agent_number(args);
  if (number < 0 || number >= MAX_LENT) {
    args->complaint = "no such number of a frame";
    number = 0;
  }
  return &lent[number];
}

/* recvlend FD FLAGS NUMBER: answers whether the frame is shared, and its bytes. */
static void do_recvlend(struct agent_args *args) {
  long fd = agent_number(args), flags = agent_number(args);
  struct pktsock_frame *frame = take_lent(args);
  if (!agent_ok(args))
    return;
  int result = pktsock_peek((int)fd, frame, (int)flags);
  agent_result(result);
  if (result)
    return;
  agent_field_decimal("shared", frame->shared);
  agent_field_hex("data", frame->data, frame->len);
}

/* sendlend FD FLAGS NUMBER: answers how many bytes may be written. */
static void do_sendlend(struct agent_args *args) {
  long fd = agent_number(args), flags = agent_number(args);
  struct pktsock_frame *frame = take_lent(args);
  if (!agent_ok(args))
    return;
  int result = pktsock_reserve((int)fd, frame, (int)flags);
  agent_result(result);
  if (!result)
    agent_field_decimal("room", (long)frame->len);
}

/* sendlent FD NUMBER BYTES [LENGTH]: writes BYTES into the frame; "-" leaves its bytes unchanged. */
static void do_sendlent(struct agent_args *args) {
  long fd = agent_number(args);
  struct pktsock_frame *frame = take_lent(args), sent = *frame;
  struct agent_bytes data = agent_take_bytes(args, agent_data, sizeof agent_data);
  long len = agent_number_or(args, (long)(data.bytes ? data.len : frame->len));
  if (data.bytes && data.len > frame->len)
    args->complaint = "the frame has less room";
  if (!agent_ok(args))
    return;
  if (data.bytes)
    memcpy(frame->data, data.bytes, data.len);
  sent.len = (size_t)len;
  agent_result(pktsock_submit((int)fd, &sent));
}

/* giveback FD NUMBER */
static void do_giveback(struct agent_args *args) {
  long fd = agent_number(args);
  struct pktsock_frame *frame = take_lent(args);
  if (agent_ok(args))
    agent_result(pktsock_release((int)fd, frame));
}

const struct agent_entry agent_component[] = {
    {"inet", do_inet},
    {"stack", do_stack},
    {"counters", do_counters},
    {"socketcounters", do_socketcounters},
    {"recvlend", do_recvlend},
    {"sendlend", do_sendlend},
    {"sendlent", do_sendlent},
    {"giveback", do_giveback},
    {NULL, NULL},
};

#else

static long set_inet(const char *name, const uint32_t *addresses) {
  static const unsigned long setting[ADDRESSES] = {SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFBRDADDR};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  long result = fd < 0 ? -1 : 0;
  for (int i = 0; i < ADDRESSES && !result && (i == ADDRESS || addresses[i]); i++) {
    struct ifreq r = {0};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = addresses[i]};
    strncpy(r.ifr_name, name, IFNAMSIZ - 1);
    memcpy(&r.ifr_addr, &address, sizeof address);
    result = ioctl(fd, setting[i], &r);
  }
  if (fd >= 0)
    close(fd);
  return result;
}

const struct agent_entry agent_component[] = {{"inet", do_inet}, {NULL, NULL}};

#endif
