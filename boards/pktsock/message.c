/* recvmsg(2) and sendmsg(2), readv(2) and writev(2): the calls with several buffers. */
#include "component.h"

#include <string.h>
#include <sys/time.h>
#include <time.h>

/* The maximum of buffers in one call: Linux's UIO_MAXIOV. */
#define MAX_BUFFERS 1024

/* Returns the number of bytes of a vector, or -PKT_EMSGSIZE (too many buffers) or -PKT_EFAULT. */
static int32_t vector_len(const struct pktsock_iovec *vector, size_t count) {
  uint64_t len = 0;
  if (count > MAX_BUFFERS)
    return -PKT_EMSGSIZE;
  if (vector == NULL && count != 0)
    return -PKT_EFAULT;
  for (size_t i = 0; i < count; i++) {
    if (vector[i].iov_base == NULL && vector[i].iov_len != 0)
      return -PKT_EFAULT;
    if (vector[i].iov_len > INT32_MAX || (len += vector[i].iov_len) > INT32_MAX)
      return -PKT_EFAULT;
  }
  return (int32_t)len;
}

static void vector_buffer(const struct pktsock_iovec *vector, size_t count) {
  pkt_buffer(NULL, 0); /* the copy continues with the vector at once */
  pkt_component.rest = vector;
  pkt_component.rest_count = (int)count;
}

/* The module's description of the frame that it has just copied. */
static const struct pkt_exchange_received *received(void) { return (const void *)pkt_exchange(); }

/* Append a control message; `used` is the number of bytes written. Like Linux's put_cmsg(), it truncates what does not fit
 * and sets MSG_CTRUNC. */
static void put_message(struct pktsock_msghdr *message, size_t *used, int level, int type, const void *data,
                        size_t len) {
  size_t room = message->msg_controllen - *used;
  struct pktsock_cmsghdr header = {.cmsg_len = PKTSOCK_CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type};
  if (message->msg_control == NULL || room < sizeof(header)) {
    message->msg_flags |= PKTSOCK_MSG_CTRUNC;
    return;
  }
  if (room < header.cmsg_len) {
    message->msg_flags |= PKTSOCK_MSG_CTRUNC;
    header.cmsg_len = room;
  }
  uint8_t *at = (uint8_t *)message->msg_control + *used;
  memcpy(at, &header, sizeof(header));
  memcpy(at + PKTSOCK_CMSG_LEN(0), data, header.cmsg_len - PKTSOCK_CMSG_LEN(0));
  *used += PKTSOCK_CMSG_SPACE(len) < room ? PKTSOCK_CMSG_SPACE(len) : room;
}

/* SCM_TIMESTAMP, SCM_TIMESTAMPNS and SCM_TIMESTAMPING. For the first two, a frame that was received before a socket enabled
 * time stamps, or that another socket sends, gets the current time, which the third one then reports, too. */
static void put_stamps(struct pktsock_msghdr *message, size_t *used, uint32_t options) {
  const uint32_t software = PKTSOCK_SOF_TIMESTAMPING_SOFTWARE | PKTSOCK_SOF_TIMESTAMPING_RX_SOFTWARE;
  bool both = (options & (PKT_OPTION_TIMESTAMP | PKT_OPTION_TIMESTAMPNS)) != 0;
  uint32_t timestamping = (options & PKT_OPTION_TIMESTAMPING) != 0 ? received()->timestamping : 0;
  uint32_t flags = received()->frame_flags;
  uint32_t sec = received()->sec, nsec = received()->nsec;
  if ((flags & PKT_FRAME_STAMPED) == 0 &&
      (both || ((flags & PKT_FRAME_OUTGOING) != 0 && (timestamping & software) == software))) {
    pkt_os_time(&sec, &nsec);
    flags |= PKT_FRAME_STAMPED;
  }
  struct timespec time = {.tv_sec = sec, .tv_nsec = (long)nsec};
  if ((options & PKT_OPTION_TIMESTAMP) != 0) {
    struct timeval rounded = {.tv_sec = sec, .tv_usec = nsec / 1000};
    put_message(message, used, PKTSOCK_SOL_SOCKET, PKTSOCK_SCM_TIMESTAMP, &rounded, sizeof(rounded));
  } else if (both) {
    put_message(message, used, PKTSOCK_SOL_SOCKET, PKTSOCK_SCM_TIMESTAMPNS, &time, sizeof(time));
  }
  struct timespec all[3] = {{0}};
  bool by_software = (flags & PKT_FRAME_STAMPED) != 0 && (timestamping & PKTSOCK_SOF_TIMESTAMPING_SOFTWARE) != 0;
  bool by_mac = (flags & PKT_FRAME_HW_STAMPED) != 0 && (timestamping & PKTSOCK_SOF_TIMESTAMPING_RAW_HARDWARE) != 0;
  if (by_software)
    all[0] = time;
  if (by_mac)
    all[2] = (struct timespec){.tv_sec = received()->hw_sec, .tv_nsec = (long)received()->hw_nsec};
  if (by_software || by_mac)
    put_message(message, used, PKTSOCK_SOL_SOCKET, PKTSOCK_SCM_TIMESTAMPING, all, sizeof(all));
}

/* PACKET_TX_TIMESTAMP: what a message of the error queue is about. */
static void put_extended_error(struct pktsock_msghdr *message, size_t *used) {
  struct pktsock_sock_extended_err error = {
      .ee_errno = ENOMSG,
      .ee_origin = PKTSOCK_SO_EE_ORIGIN_TIMESTAMPING,
      .ee_info = PKTSOCK_SCM_TSTAMP_SND,
      .ee_data = received()->stamp_id,
  };
  put_message(message, used, PKTSOCK_SOL_PACKET, PKTSOCK_PACKET_TX_TIMESTAMP, &error, sizeof(error));
}

/* PACKET_AUXDATA of packet(7). */
static void put_auxdata(struct pktsock_msghdr *message, size_t *used) {
  struct pktsock_tpacket_auxdata aux = {
      .tp_status = PKTSOCK_TP_STATUS_USER,
      .tp_len = received()->uncut_len,
      .tp_snaplen = received()->len,
      .tp_net = (uint16_t)received()->net,
  };
  if ((received()->frame_flags & PKT_FRAME_VLAN) != 0) {
    uint32_t tag = received()->tci;
    aux.tp_status |= PKTSOCK_TP_STATUS_VLAN_VALID | PKTSOCK_TP_STATUS_VLAN_TPID_VALID;
    aux.tp_vlan_tci = (uint16_t)tag;
    aux.tp_vlan_tpid = (uint16_t)(tag >> 16);
  }
  put_message(message, used, PKTSOCK_SOL_PACKET, PKTSOCK_PACKET_AUXDATA, &aux, sizeof(aux));
}

static void put_control(struct pktsock_msghdr *message) {
  uint32_t options = received()->options;
  size_t used = 0;
  if (PKTSOCK_TIMESTAMPS && (options & (PKT_OPTION_TIMESTAMP | PKT_OPTION_TIMESTAMPNS | PKT_OPTION_TIMESTAMPING)) != 0)
    put_stamps(message, &used, options);
  if (PKTSOCK_TIMESTAMPS && (message->msg_flags & PKTSOCK_MSG_ERRQUEUE) != 0) {
    put_extended_error(message, &used);
    message->msg_controllen = used;
    return;
  }
  if ((options & PKT_OPTION_RXQ_OVFL) != 0 && received()->drops != 0)
    put_message(message, &used, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_RXQ_OVFL, &received()->drops, sizeof(uint32_t));
  if ((options & PKT_OPTION_AUXDATA) != 0)
    put_auxdata(message, &used);
  message->msg_controllen = used;
}

struct vectored {
  struct pktsock_msghdr *message;
  size_t len;
  int flags;
  uint32_t stamps; /* what a control message asks for: the flags of PKTSOCK_SO_TIMESTAMPING, or PKT_SENT_BY_OPTION */
};

static int32_t receive_vector(uint32_t socket, void *call) {
  const struct vectored *v = call;
  struct pktsock_msghdr *message = v->message;
  vector_buffer(message->msg_iov, message->msg_iovlen);
  int32_t n = pkt_receive_from(socket, v->len, v->flags, true);
  pkt_component.rest_count = 0;
  if (n < 0)
    return n;
  message->msg_flags = (int)received()->msg_flags;
  put_control(message);
  if (message->msg_name != NULL && (v->flags & PKTSOCK_MSG_ERRQUEUE) == 0)
    pkt_get_address(message->msg_name, &message->msg_namelen, PKT_SLL_BYTES);
  else
    message->msg_namelen = 0;
  return n;
}

ptrdiff_t pktsock_recvmsg(int fd, struct pktsock_msghdr *message, int flags) {
  if (message == NULL)
    return pkt_fail(-PKT_EFAULT);
  if (message->msg_name != NULL && (int32_t)message->msg_namelen < 0)
    return pkt_fail(-PKT_EINVAL);
  int32_t len = vector_len(message->msg_iov, message->msg_iovlen);
  if (len < 0)
    return pkt_fail(len);
  struct vectored call = {.message = message, .len = (size_t)len, .flags = flags};
  int32_t n = pkt_try(fd, flags, PKTSOCK_POLLIN | PKTSOCK_POLLERR, receive_vector, &call);
  return n < 0 ? pkt_fail(n) : n;
}

/* Read the control messages of a frame to send: a packet socket has PKTSOCK_SO_TIMESTAMPING only, which goes to *stamps. Like
 * Linux, this ignores those of other levels and refuses other ones of SOL_SOCKET. Returns false if they are not valid. */
static bool read_control(const struct pktsock_msghdr *message, uint32_t *stamps) {
  struct pktsock_msghdr copy = *message;
  *stamps = PKT_SENT_BY_OPTION;
  if (copy.msg_control == NULL || copy.msg_controllen == 0)
    return true;
  if (copy.msg_controllen < sizeof(struct pktsock_cmsghdr))
    return true; /* too short for a control message: ignored */
  const uint8_t *end = (const uint8_t *)copy.msg_control + copy.msg_controllen;
  for (struct pktsock_cmsghdr *c = PKTSOCK_CMSG_FIRSTHDR(&copy); c != NULL; c = PKTSOCK_CMSG_NXTHDR(&copy, c)) {
    if (c->cmsg_len < sizeof(*c) || c->cmsg_len > (size_t)(end - (const uint8_t *)c))
      return false;
    if (c->cmsg_level != PKTSOCK_SOL_SOCKET)
      continue;
    if (!PKTSOCK_TIMESTAMPS || c->cmsg_type != PKTSOCK_SO_TIMESTAMPING ||
        c->cmsg_len != PKTSOCK_CMSG_LEN(sizeof(*stamps)))
      return false;
    memcpy(stamps, PKTSOCK_CMSG_DATA(c), sizeof(*stamps));
    if (*stamps == PKT_SENT_BY_OPTION)
      return false;
  }
  return true;
}

static int32_t send_vector(uint32_t socket, void *call) {
  const struct vectored *v = call;
  const struct pktsock_msghdr *message = v->message;
  int32_t n = 0;
  if (PKTSOCK_TIMESTAMPS && v->stamps != PKT_SENT_BY_OPTION)
    n = pkt_call(&pkt_export_stampSending, socket, v->stamps, 0, 0);
  if (n < 0)
    return n;
  vector_buffer(message->msg_iov, message->msg_iovlen);
  if (message->msg_name == NULL) {
    n = pkt_call(&pkt_export_send, socket, (uint32_t)v->len, 0, 0);
  } else {
    uint32_t name_len = pkt_put_address(message->msg_name, message->msg_namelen);
    n = pkt_call(&pkt_export_sendTo, socket, (uint32_t)v->len, name_len, 0);
  }
  pkt_component.rest_count = 0;
  if (PKTSOCK_TIMESTAMPS && v->stamps != PKT_SENT_BY_OPTION)
    pkt_call(&pkt_export_stampSending, socket, PKT_SENT_BY_OPTION, 0, 0);
  pkt_kick();
  return pkt_at_most(n, (uint32_t)v->len);
}

ptrdiff_t pktsock_sendmsg(int fd, const struct pktsock_msghdr *message, int flags) {
  if (message == NULL)
    return pkt_fail(-PKT_EFAULT);
  struct vectored call = {.message = (struct pktsock_msghdr *)message, .flags = flags};
  if ((message->msg_name != NULL && message->msg_namelen > sizeof(struct pktsock_sockaddr_storage)) ||
      !read_control(message, &call.stamps))
    return pkt_fail(-PKT_EINVAL);
  int32_t len = vector_len(message->msg_iov, message->msg_iovlen);
  if (len < 0)
    return pkt_fail(len);
  call.len = (size_t)len;
  int32_t n = pkt_try(fd, flags, PKTSOCK_POLLOUT | PKTSOCK_POLLERR, send_vector, &call);
  if (n < 0)
    return pkt_fail(n);
  pkt_sent();
  return n;
}

ptrdiff_t pktsock_readv(int fd, const struct pktsock_iovec *vector, int count) {
  struct pktsock_msghdr message = {.msg_iov = (struct pktsock_iovec *)vector, .msg_iovlen = (size_t)count};
  return count < 0 || count > MAX_BUFFERS ? pkt_fail(-PKT_EINVAL) : pktsock_recvmsg(fd, &message, 0);
}

ptrdiff_t pktsock_writev(int fd, const struct pktsock_iovec *vector, int count) {
  struct pktsock_msghdr message = {.msg_iov = (struct pktsock_iovec *)vector, .msg_iovlen = (size_t)count};
  return count < 0 || count > MAX_BUFFERS ? pkt_fail(-PKT_EINVAL) : pktsock_sendmsg(fd, &message, 0);
}
