/* The MAC's clock, and the stamps of frames by it and by the system's. */
#include "api.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_S 1000000000ll
#define CLOCK_NS (NS_PER_S << 32)

/* A call about the clock of an interface: it fails with `error`, or succeeds if that is 0. */
static void must_be(const char *call, int result, int error) {
  MUST(result == (error == 0 ? 0 : -1) && (error == 0 || errno == error), "%s returned %d, errno %d, instead of %d",
       call, result, errno, error);
}

/* The errno of all calls about the clock of an interface that does not exist, or has none; or `otherwise`. */
static int error_of(unsigned ifindex, int otherwise) {
  if (ifindex - 1 >= world.nic_count)
    return ENODEV;
  return world.nics[ifindex - 1].mac.ops->clock == NULL ? EOPNOTSUPP : otherwise;
}

/* The time of a clock that works; the driver of one that does not gives times that are none. */
static int64_t read_clock(unsigned ifindex) {
  struct timespec time = {0};
  bool lies = error_of(ifindex, 0) == 0 && world.nics[ifindex - 1].clock_lies;
  must_be("pktsock_clock_gettime", pktsock_clock_gettime(ifindex, &time), error_of(ifindex, lies ? EIO : 0));
  int64_t ns = (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
  MUST(ns >= 0 && ns < CLOCK_NS && time.tv_nsec < NS_PER_S, "the clock says %lld ns", (long long)ns);
  return ns;
}

static void set_clock(struct input *in, unsigned ifindex, bool lies) {
  struct timespec time = {.tv_sec = (time_t)(int32_t)input_u32(in) * (1 + input_u8(in) % 3),
                          .tv_nsec = (int32_t)input_u32(in)};
  bool valid = time.tv_sec >= 0 && time.tv_sec <= UINT32_MAX && time.tv_nsec >= 0 && time.tv_nsec < NS_PER_S;
  must_be("pktsock_clock_settime", pktsock_clock_settime(ifindex, &time), error_of(ifindex, valid ? 0 : EINVAL));
  if (error_of(ifindex, 0) == 0 && valid && !lies)
    MUST(read_clock(ifindex) == time.tv_sec * NS_PER_S + time.tv_nsec, "the clock was set to another time");
}

static void step_clock(struct input *in, unsigned ifindex, bool lies) {
  int64_t step;
  input_bytes(in, &step, sizeof(step));
  step >>= input_u8(in) & 63;
  int64_t before = read_clock(ifindex);
  bool fits = step >= -before && step < CLOCK_NS - before;
  must_be("pktsock_clock_step", pktsock_clock_step(ifindex, step), error_of(ifindex, lies ? EIO : fits ? 0 : EINVAL));
  if (error_of(ifindex, 0) == 0 && !lies)
    MUST(read_clock(ifindex) == before + (fits ? step : 0), "the clock was not moved by %lld ns", (long long)step);
}

static void adjust_clock(struct input *in, unsigned ifindex) {
  int32_t ppb = (int32_t)input_u32(in) >> (input_u8(in) & 31);
  bool can = ppb >= -NIC_MAX_PPB && ppb <= NIC_MAX_PPB;
  must_be("pktsock_clock_adjust", pktsock_clock_adjust(ifindex, ppb), error_of(ifindex, can ? 0 : ERANGE));
}

/* SIOCSHWTSTAMP: the driver is asked for what the caller is told that it does. */
static void stamp(struct input *in, unsigned ifindex) {
  struct hwtstamp_config config = {.tx_type = input_u8(in) & 1, .rx_filter = input_u8(in) & 1}, told = {0};
  struct ifreq request = {.ifr_data = (void *)&config};
  if (input_u8(in) >= 0xf0)
    input_bytes(in, &config, sizeof(config));
  strcpy(request.ifr_name, ifindex == 2 ? "eth1" : "eth0");
  int result = pktsock_ioctl(world.bystander, SIOCSHWTSTAMP, &request);
  EXPECT("SIOCSHWTSTAMP", result, EINVAL, ERANGE, EOPNOTSUPP, ENODEV);
  if (result < 0)
    return;
  const struct nic *nic = &world.nics[ifindex == 2];
  request.ifr_data = (void *)&told;
  MUST(pktsock_ioctl(world.bystander, SIOCGHWTSTAMP, &request) == 0, "SIOCGHWTSTAMP: errno %d", errno);
  MUST(memcmp(&told, &config, sizeof(told)) == 0, "SIOCGHWTSTAMP says something else than SIOCSHWTSTAMP");
  MUST(nic->stamps_received == (config.rx_filter != HWTSTAMP_FILTER_NONE) && nic->stamps_sent == (config.tx_type != 0),
       "the driver was asked for other stamps");
}

/* Any flags. */
static void ask_for_stamps(struct input *in) {
  int fd = api_descriptor(in), flags = input_u16(in);
  EXPECT("SO_TIMESTAMPING", pktsock_setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)), EBADF, EINVAL,
         EOPNOTSUPP, ENOBUFS);
}

/* Every message of an error queue says that a frame was sent, and when if the socket asks for a stamp that was taken. Each
 * operation sends one frame at most. */
static void read_error_queue(struct input *in) {
  int fd = api_descriptor(in);
  uint8_t data[64];
  union {
    struct cmsghdr first;
    uint8_t bytes[256];
  } control;
  struct iovec part = {data, sizeof(data)};
  for (unsigned i = 0; i <= MAX_OPERATIONS; i++) {
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t n = pktsock_recvmsg(fd, &message, MSG_ERRQUEUE);
    EXPECT("recvmsg of the error queue", n, EBADF, EAGAIN);
    if (n < 0)
      return;
    MUST((message.msg_flags & MSG_ERRQUEUE) != 0, "a message of the error queue without MSG_ERRQUEUE");
    unsigned stamps = 0, errors = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
      api_check_stamps(c);
      stamps += c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING;
      errors += c->cmsg_level == SOL_PACKET;
    }
    MUST(stamps <= 1 && errors == 1, "a message of the error queue with %u stamps and %u errors", stamps, errors);
  }
  fuzz_fail("an error queue has more messages than frames were sent");
}

void api_check_stamps(const struct cmsghdr *c) {
  struct timespec times[3];
  struct sock_extended_err error;
  if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_TX_TIMESTAMP) {
    memcpy(&error, CMSG_DATA(c), sizeof(error));
    MUST(error.ee_errno == ENOMSG && error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING && error.ee_info == SCM_TSTAMP_SND,
         "an error of origin %u", error.ee_origin);
  }
  if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING)
    return;
  MUST(c->cmsg_len == CMSG_LEN(sizeof(times)), "SCM_TIMESTAMPING of %zu bytes", c->cmsg_len);
  memcpy(times, CMSG_DATA(c), sizeof(times));
  uint64_t us = (uint64_t)times[0].tv_sec * 1000000 + (uint64_t)times[0].tv_nsec / 1000;
  MUST(us <= world.now && times[1].tv_sec == 0 && times[1].tv_nsec == 0, "a stamp of the future");
  if (times[2].tv_sec == 0 && times[2].tv_nsec == 0)
    return;
  uint32_t given = 0;
  for (unsigned i = 0; i < world.nic_count; i++)
    given = world.nics[i].stamps > given ? world.nics[i].stamps : given;
  MUST(times[2].tv_sec == NIC_STAMP_SEC && times[2].tv_nsec > 0 && times[2].tv_nsec <= given,
       "a stamp that no MAC has taken");
}

void api_clock(struct input *in) {
  uint8_t choice = input_u8(in);
  unsigned ifindex = choice >> 6;
  bool clocked = error_of(ifindex, 0) == 0, lies = clocked && world.nics[ifindex - 1].clock_lies;
  switch (choice & 7) {
  case 0: set_clock(in, ifindex, lies); break;
  case 1: step_clock(in, ifindex, lies); break;
  case 2: adjust_clock(in, ifindex); break;
  case 3: must_be("pktsock_clock_gettime", pktsock_clock_gettime(ifindex, NULL), error_of(ifindex, EFAULT)); break;
  case 4: must_be("pktsock_clock_settime", pktsock_clock_settime(ifindex, NULL), error_of(ifindex, EFAULT)); break;
  case 5: stamp(in, ifindex); break;
  case 6: read_error_queue(in); break;
  default:
    if ((choice & 0x38) != 0)
      ask_for_stamps(in);
    else if (clocked)
      world.nics[ifindex - 1].clock_lies = !lies;
  }
}
