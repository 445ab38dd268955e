/* setsockopt() and getsockopt() of every option, memberships, filters. */
#include "api.h"

#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <sys/time.h>

#define ERRORS EBADF, EINVAL, EFAULT, ENOPROTOOPT, EPERM, ENOENT, ENODEV, EDOM, ENOMEM, ENOBUFS, EOPNOTSUPP

static const struct {
  int level, name;
} options[] = {
    {SOL_SOCKET, SO_TYPE},          {SOL_SOCKET, SO_ERROR},
    {SOL_SOCKET, SO_DONTROUTE},     {SOL_SOCKET, SO_SNDBUF},
    {SOL_SOCKET, SO_RCVBUF},        {SOL_SOCKET, SO_PRIORITY},
    {SOL_SOCKET, SO_LINGER},        {SOL_SOCKET, SO_RCVTIMEO},
    {SOL_SOCKET, SO_SNDTIMEO},      {SOL_SOCKET, SO_BINDTODEVICE},
    {SOL_SOCKET, SO_DETACH_FILTER}, {SOL_SOCKET, SO_TIMESTAMP},
    {SOL_SOCKET, SO_TIMESTAMPNS},   {SOL_SOCKET, SO_ACCEPTCONN},
    {SOL_SOCKET, SO_PROTOCOL},      {SOL_SOCKET, SO_DOMAIN},
    {SOL_SOCKET, SO_LOCK_FILTER},   {SOL_SOCKET, SO_REUSEADDR},
    {SOL_SOCKET, SO_TIMESTAMPING},  {SOL_SOCKET, SO_SELECT_ERR_QUEUE},
    {SOL_SOCKET, SO_BROADCAST},     {SOL_PACKET, PACKET_STATISTICS},
    {SOL_PACKET, PACKET_AUXDATA},   {SOL_PACKET, PACKET_ORIGDEV},
    {SOL_PACKET, PACKET_VERSION},   {SOL_PACKET, PACKET_HDRLEN},
    {SOL_PACKET, PACKET_RX_RING},   {SOL_PACKET, PACKET_TX_RING},
    {SOL_PACKET, PACKET_LOSS},      {SOL_PACKET, PACKET_TIMESTAMP},
    {SOL_PACKET, PACKET_FANOUT},    {SOL_PACKET, PACKET_IGNORE_OUTGOING},
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* Options that take effect: reading them back must return what was set. */
static bool is_kept(int level, int name) {
  return level == SOL_SOCKET ? name == SO_PRIORITY : level == SOL_PACKET && name == PACKET_IGNORE_OUTGOING;
}

static void set(struct input *in, int fd, int level, int name) {
  uint8_t value[32], choice = input_u8(in);
  socklen_t len = choice & 1 ? 4 : choice & 2 ? 16 : input_u8(in) % sizeof(value);
  const void *at = choice == 0xff ? NULL : value;
  memset(value, 0, sizeof(value));
  if (choice & 4)
    input_bytes(in, value, sizeof(value) / 2);
  else if (level == SOL_SOCKET && name == SO_BINDTODEVICE)
    strcpy((char *)value, choice & 8 ? "eth1" : choice & 16 ? "" : "eth0");
  else
    value[0] = input_u8(in), value[1] = choice >> 4;
  if (choice == 0xfe)
    len = input_u32(in) | 0x80000000;
  int result = pktsock_setsockopt(fd, level, name, at, len);
  EXPECT("setsockopt", result, ERRORS);
  if (result == 0 && is_kept(level, name)) {
    uint32_t kept = 0;
    socklen_t kept_len = sizeof(kept);
    MUST(pktsock_getsockopt(fd, level, name, &kept, &kept_len) == 0 && memcmp(&kept, value, 4) == 0,
         "option %d of %d is %u", name, level, kept);
  }
}

static void get(struct input *in, int fd, int level, int name) {
  uint8_t choice = input_u8(in);
  socklen_t room = input_u8(in) % 40, len = choice == 0xfe ? UINT32_MAX - room : room;
  uint8_t *value = api_buffer(room);
  int result;
  if (choice == 0xff)
    result = pktsock_getsockopt(fd, level, name, NULL, &len);
  else if (choice == 0xfd)
    result = pktsock_getsockopt(fd, level, name, value, NULL);
  else
    result = pktsock_getsockopt(fd, level, name, value, &len);
  EXPECT("getsockopt", result, EBADF, EINVAL, EFAULT, ENOPROTOOPT);
  MUST(result < 0 || len <= room, "getsockopt says %u bytes with room for %u", len, room);
  api_untouched("getsockopt", value, result < 0 ? 0 : len, room);
}

void api_option(struct input *in) {
  int fd = api_descriptor(in);
  uint8_t choice = input_u8(in);
  int level = options[choice % OPTIONS].level, name = options[choice % OPTIONS].name;
  if (choice >= 0xf8)
    level = input_u16(in), name = input_u16(in);
  if (choice & 0x40)
    get(in, fd, level, name);
  else if (level != SOL_SOCKET || name != SO_ATTACH_FILTER) /* its value has a pointer: api_attach_filter() */
    set(in, fd, level, name);
}

void api_membership(struct input *in) {
  int fd = api_descriptor(in);
  uint8_t choice = input_u8(in);
  struct packet_mreq request = {
      .mr_ifindex = choice >> 2 & 3, .mr_type = choice >> 4 & 7, .mr_alen = 6, .mr_address = {1, 0, 0x5e, 0, 0, 1}};
  if (choice & 0x80)
    request.mr_alen = input_u8(in) % 9, input_bytes(in, request.mr_address, sizeof(request.mr_address));
  int name = choice & 1 ? PACKET_DROP_MEMBERSHIP : PACKET_ADD_MEMBERSHIP;
  EXPECT("PACKET_ADD_MEMBERSHIP", pktsock_setsockopt(fd, SOL_PACKET, name, &request, choice & 2 ? 14 : sizeof(request)),
         EBADF, EINVAL, ENODEV, ENOBUFS);
}

/* Programs that pass everything, nothing or some frames, and programs whose instructions come from the input. */
void api_attach_filter(struct input *in) {
  struct sock_filter program[24] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0800, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 40),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  int fd = api_descriptor(in);
  uint8_t choice = input_u8(in);
  struct sock_fprog fprog = {.len = 4, .filter = program};
  if (choice & 1) {
    fprog.len = 1;
    program[0] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, input_u16(in));
  } else if (choice & 2) {
    fprog.len = 1 + input_u8(in) % 24;
    input_bytes(in, program, fprog.len * sizeof(program[0]));
  } else if (choice & 4) {
    program[0].code = BPF_LD | BPF_W | BPF_LEN;
    program[1].k = 64;
  }
  if (choice == 0xff)
    fprog.filter = NULL;
  socklen_t len = choice >= 0xf0 ? choice - 0xf0 + 2 : sizeof(fprog);
  EXPECT("SO_ATTACH_FILTER", pktsock_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, len), EBADF, EINVAL, EPERM,
         ENOMEM, EFAULT);
}
