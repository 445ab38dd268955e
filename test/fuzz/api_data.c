/* Receiving and sending. */
#include "api.h"

#include <errno.h>
#include <netpacket/packet.h>
#include <stdlib.h>

#define MAX_VECTOR 5
#define RECEIVE_ERRORS EBADF, EAGAIN, EINVAL, ENETDOWN
#define SEND_ERRORS EBADF, EAGAIN, EINVAL, EMSGSIZE, ENXIO, ENETDOWN

static int receive_flags(struct input *in) {
  uint8_t choice = input_u8(in);
  if (choice >= 0xf0)
    return (int)input_u32(in);
  return (choice & 1 ? MSG_DONTWAIT : 0) | (choice & 2 ? MSG_PEEK : 0) | (choice & 4 ? MSG_TRUNC : 0) |
         ((choice & 0xf8) == 0xe8 ? MSG_ERRQUEUE : 0);
}

/* The bytes that wait, or -1 when that is not known. */
static ssize_t waiting_bytes(int fd) { return pktsock_recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT); }

/* What a receiving call that was given room for `room` bytes may answer. */
static void check_received(const char *call, ssize_t n, ssize_t there, size_t room, int flags) {
  if (n < 0)
    return;
  if ((flags & MSG_ERRQUEUE) != 0) { /* MSG_TRUNC does not count there */
    MUST((size_t)n <= room, "%s of the error queue returned %zd with room for %zu", call, n, room);
    return;
  }
  MUST((size_t)n <= room || (flags & MSG_TRUNC) != 0, "%s returned %zd with room for %zu", call, n, room);
  MUST(n <= MAX_FRAME, "%s returned %zd", call, n);
  size_t fits = (size_t)there < room || (flags & MSG_TRUNC) != 0 ? (size_t)there : room;
  MUST(there < 0 || n == (ssize_t)fits, "%s returned %zd; %zd bytes were waiting, room is %zu", call, n, there, room);
}

void api_receive(struct input *in) {
  static const size_t boasts[] = {0, 0, 0, 1ull << 31, 1ull << 32, SIZE_MAX, 0, 0};
  int fd = api_descriptor(in), flags = receive_flags(in);
  uint8_t choice = input_u8(in);
  /* Sometimes the caller says that there is more room than there is: no frame is that long. */
  size_t boast = boasts[choice & 7], real = boast != 0 ? MAX_FRAME : api_length(in), room = boast != 0 ? boast : real;
  uint8_t *buffer = api_buffer(real);
  struct sockaddr_storage from;
  socklen_t from_room = choice & 0x20 ? input_u8(in) % sizeof(from) : sizeof(struct sockaddr_ll), from_len = from_room;
  memset(&from, 0xa5, sizeof(from));
  ssize_t there = choice & 0x40 ? waiting_bytes(fd) : -1, n;
  if (choice == 0xff) {
    n = pktsock_recv(fd, NULL, room, flags);
    EXPECT("recv of a bad pointer", n, EFAULT, RECEIVE_ERRORS);
    MUST(n < 0 || room == 0, "recv to NULL returned %zd", n);
    n = 0;
  } else if (choice & 0x10) {
    n = pktsock_recvfrom(fd, buffer, room, flags, (struct sockaddr *)&from, &from_len);
    EXPECT("recvfrom", n, RECEIVE_ERRORS);
    MUST(n < 0 || from_len == ((flags & MSG_ERRQUEUE) != 0 ? 0 : sizeof(struct sockaddr_ll)),
         "recvfrom says an address of %u bytes", from_len);
    for (size_t i = n < 0 ? 0 : from_room; i < sizeof(from); i++)
      MUST(((uint8_t *)&from)[i] == 0xa5, "recvfrom wrote behind the address's room");
    check_received("recvfrom", n, there, room, flags);
  } else if (choice & 0x80) {
    n = pktsock_read(fd, buffer, real);
    EXPECT("read", n, RECEIVE_ERRORS);
    check_received("read", n, there, real, 0);
  } else {
    n = pktsock_recv(fd, buffer, room, flags);
    EXPECT("recv", n, RECEIVE_ERRORS);
    check_received("recv", n, there, room, flags);
  }
  size_t written = n < 0 ? 0 : (size_t)n < real ? (size_t)n : real;
  api_untouched("recv", buffer, written, real);
}

/* A vector of buffers of the sizes that the input says, each its own memory. Returns their sum. */
static size_t make_vector(struct input *in, struct iovec *vector, size_t *count) {
  size_t len = 0;
  *count = input_u8(in) % (MAX_VECTOR + 1);
  for (size_t i = 0; i < *count; i++) {
    size_t part = api_length(in);
    bool nowhere = part == 0 && input_bool(in);
    vector[i] = (struct iovec){nowhere ? NULL : api_buffer(part), part};
    len += part;
  }
  return len;
}

static void free_vector(struct iovec *vector, size_t count) {
  for (size_t i = 0; i < count; i++)
    free(vector[i].iov_base);
}

/* The first `written` bytes of the vector may have been written. */
static void check_vector(const char *call, struct iovec *vector, size_t count, size_t written) {
  for (size_t i = 0; i < count; i++) {
    size_t part = vector[i].iov_len, here = written < part ? written : part;
    if (vector[i].iov_base != NULL)
      api_untouched(call, vector[i].iov_base, here, part);
    written -= here;
  }
}

/* Control messages lie in their buffer, one behind the other. */
static void check_control(struct msghdr *message, size_t room) {
  MUST(message->msg_controllen <= room, "recvmsg says %zu bytes of control data in %zu", message->msg_controllen, room);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    size_t at = (size_t)((uint8_t *)c - (uint8_t *)message->msg_control);
    MUST(c->cmsg_len >= sizeof(*c) && c->cmsg_len <= message->msg_controllen - at,
         "a control message of %zu bytes at %zu of %zu", c->cmsg_len, at, message->msg_controllen);
    if (message->msg_controllen - at >= CMSG_LEN(sizeof(struct timespec[3])))
      api_check_stamps(c);
  }
}

void api_receive_message(struct input *in) {
  struct iovec vector[MAX_VECTOR];
  struct sockaddr_storage from;
  size_t count, room;
  int fd = api_descriptor(in), flags = receive_flags(in);
  uint8_t choice = input_u8(in);
  room = make_vector(in, vector, &count);
  size_t control_room = input_u8(in) % 128;
  uint8_t *control = api_buffer(control_room);
  struct msghdr message = {.msg_iov = vector, .msg_iovlen = count};
  if (choice & 1)
    message.msg_name = &from, message.msg_namelen = input_u8(in) % sizeof(from);
  if (choice & 2)
    message.msg_control = control, message.msg_controllen = control_room;
  ssize_t there = choice & 4 ? waiting_bytes(fd) : -1, n;
  if (choice & 8) {
    n = pktsock_readv(fd, vector, (int)count);
    EXPECT("readv", n, RECEIVE_ERRORS);
    check_received("readv", n, there, room, 0);
    message.msg_controllen = 0;
  } else if (choice >= 0xf0) {
    struct iovec bad = {NULL, (size_t)1 + input_u32(in)};
    message.msg_iov = &bad, message.msg_iovlen = choice & 4 ? 1 + (size_t)input_u16(in) * 64 : 1;
    if (message.msg_iovlen > 1)
      message.msg_iov = NULL;
    n = pktsock_recvmsg(fd, choice == 0xff ? NULL : &message, flags);
    EXPECT("recvmsg of a bad vector", n, EFAULT, EMSGSIZE, EBADF, EINVAL);
    MUST(n < 0, "recvmsg of a bad vector returned %zd", n);
    message.msg_controllen = 0;
  } else {
    n = pktsock_recvmsg(fd, &message, flags);
    EXPECT("recvmsg", n, RECEIVE_ERRORS);
    check_received("recvmsg", n, there, room, flags);
    if (n >= 0)
      check_control(&message, choice & 2 ? control_room : 0);
  }
  size_t said = n >= 0 && (choice & 2) != 0 ? message.msg_controllen : 0;
  api_untouched("recvmsg (control data)", control, said, control_room);
  check_vector("recvmsg", vector, count, n < 0 ? 0 : (size_t)n < room ? (size_t)n : room);
}

/* What went to the wire is what was sent. `bytes` of a SOCK_RAW socket's frame, or, behind the header, of a SOCK_DGRAM. */
static void check_sent(int fd, const uint8_t *bytes, size_t len, const unsigned *before) {
  int type = 0;
  socklen_t type_len = sizeof(type);
  if (pktsock_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) < 0)
    return; /* closed meanwhile */
  size_t header = type == SOCK_DGRAM ? PKT_ETH_HLEN : 0, went = 0;
  for (unsigned i = 0; i < world.nic_count; i++) {
    struct nic *nic = &world.nics[i];
    went += nic->sent - before[i];
    if (nic->sent != before[i])
      MUST(nic->last_len >= header + len && memcmp(nic->last + header, bytes, len) == 0,
           "what was sent is not what went to the wire");
  }
  MUST(went == 1, "one frame was sent, %zu went to the wire", went);
}

static void count_sent(unsigned *before) {
  for (unsigned i = 0; i < MAX_NICS; i++)
    before[i] = world.nics[i].sent;
}

void api_send(struct input *in) {
  struct sockaddr_storage address;
  unsigned before[MAX_NICS];
  int fd = api_descriptor(in);
  uint8_t choice = input_u8(in);
  size_t len = api_length(in);
  uint8_t *frame = api_buffer(len);
  int flags = choice & 1 ? MSG_DONTWAIT : 0;
  ssize_t n;
  api_frame(in, frame, len);
  uint32_t address_len = choice & 2 ? api_address(in, &address) : 0;
  count_sent(before);
  if (choice >= 0xf8)
    EXPECT("send of a bad pointer", n = pktsock_send(fd, NULL, len + 1, flags), EFAULT);
  else if (choice & 2)
    EXPECT("sendto", n = pktsock_sendto(fd, frame, len, flags, (struct sockaddr *)&address, address_len), SEND_ERRORS);
  else if (choice & 4)
    EXPECT("write", n = pktsock_write(fd, frame, len), SEND_ERRORS);
  else
    EXPECT("send", n = pktsock_send(fd, frame, len, flags), SEND_ERRORS);
  MUST(n < 0 || n == (ssize_t)len, "send returned %zd of %zu", n, len);
  if (n >= 0)
    check_sent(fd, frame, len, before);
  free(frame);
}

void api_send_message(struct input *in) {
  struct iovec vector[MAX_VECTOR];
  struct sockaddr_storage address;
  unsigned before[MAX_NICS];
  uint8_t all[MAX_VECTOR * MAX_FRAME], *end = all;
  size_t count;
  int fd = api_descriptor(in);
  uint8_t choice = input_u8(in);
  size_t len = make_vector(in, vector, &count);
  api_frame(in, all, len);
  for (size_t i = 0; i < count; end += vector[i++].iov_len)
    if (vector[i].iov_len != 0)
      memcpy(vector[i].iov_base, end, vector[i].iov_len);
  size_t control_len = choice & 4 ? input_u8(in) % 64 : 0;
  uint8_t *control = api_buffer(control_len);
  input_bytes(in, control, choice & 8 ? control_len : 0);
  struct msghdr message = {
      .msg_iov = vector, .msg_iovlen = count, .msg_control = control, .msg_controllen = control_len};
  if (choice & 1)
    message.msg_name = &address, message.msg_namelen = api_address(in, &address);
  ssize_t n;
  count_sent(before);
  if (choice & 2)
    EXPECT("writev", n = pktsock_writev(fd, vector, (int)count), SEND_ERRORS);
  else
    EXPECT("sendmsg", n = pktsock_sendmsg(fd, &message, choice & 0x10 ? MSG_DONTWAIT : 0), SEND_ERRORS);
  MUST(n < 0 || n == (ssize_t)len, "sendmsg returned %zd of %zu", n, len);
  if (n >= 0)
    check_sent(fd, all, len, before);
  free(control);
  free_vector(vector, count);
}
