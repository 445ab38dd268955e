/* Turns a request into a call of the component, and the result into the answer. */
#include "server.h"

#include <pktsock/pktsock.h>

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

/* A call in progress. */
struct job {
  struct connection *connection;
  int socket;
  const struct preload_request *request;
  uint8_t *data;
  size_t len;
  struct preload_answer *answer;
  uint8_t *out;
  size_t out_len;
};

static socklen_t most(int32_t asked, size_t limit) {
  return asked < 0 ? 0 : (size_t)asked < limit ? (socklen_t)asked : (socklen_t)limit;
}

static int do_bind(struct job *job) {
  view_address_to_component(job->data, job->len);
  return pktsock_bind(job->socket, (struct pktsock_sockaddr *)job->data, (socklen_t)job->request->arguments[0]);
}

static int do_getsockname(struct job *job) {
  socklen_t len = (socklen_t)job->request->arguments[0];
  int result = pktsock_getsockname(job->socket, (struct pktsock_sockaddr *)job->out, &len);
  if (result < 0)
    return result;
  job->out_len = most(job->request->arguments[0], len);
  view_address_to_program(job->out, job->out_len);
  return (int)len;
}

/* Returns true, with errno, if there is an error that was kept for the program. */
static bool has_kept_error(const struct job *job) {
  int error = connection_take_error(job->connection);
  if (error != 0)
    errno = error;
  return error != 0;
}

static ssize_t do_send(struct job *job) {
  const int32_t *a = job->request->arguments;
  union {
    struct pktsock_cmsghdr first;
    uint8_t bytes[PRELOAD_CONTROL];
  } control;
  size_t name = job->request->name, control_len = job->request->control;
  if (name > PRELOAD_NAME || control_len > sizeof(control) || name + control_len > job->len) {
    errno = EINVAL;
    return -1;
  }
  memcpy(control.bytes, job->data + name, control_len);
  view_address_to_component(job->data, name);
  struct pktsock_iovec part = {job->data + name + control_len, job->len - name - control_len};
  struct pktsock_msghdr message = {
      .msg_name = a[2] != 0 ? job->data : NULL,
      .msg_namelen = (socklen_t)a[1],
      .msg_iov = &part,
      .msg_iovlen = 1,
      .msg_control = control_len != 0 ? control.bytes : NULL,
      .msg_controllen = control_len,
  };
  if (has_kept_error(job))
    return -1;
  if (job->connection->rings.tx.memory != NULL) {
    bool again = false;
    ssize_t n = rings_send(job->connection, &message, a[0], &again);
    job->answer->again = again;
    return n;
  }
  if (job->request->call == CALL_SENDMSG)
    return pktsock_sendmsg(job->socket, &message, a[0]);
  return pktsock_sendto(job->socket, part.iov_base, part.iov_len, a[0], message.msg_name, message.msg_namelen);
}

/* Report a pending error, or what is wrong with the flags. Frames take another way (protocol.h). */
static int do_receive(struct job *job) {
  uint8_t byte;
  job->answer->ring = job->connection->rings.rx.memory != NULL;
  if (has_kept_error(job) ||
      pktsock_recv(job->socket, &byte, sizeof(byte), job->request->arguments[0] | MSG_PEEK | MSG_DONTWAIT) < 0)
    return -1;
  errno = EAGAIN;
  return -1;
}

static int do_message(struct job *job) {
  job->out_len = messages_receive(job->connection, job->request->arguments[0], job->out);
  return job->out_len == 0 ? -1 : 0;
}

static int do_setsockopt(struct job *job) {
  int level = job->request->arguments[0], name = job->request->arguments[1];
  socklen_t len = (socklen_t)job->request->arguments[2];
  if (rings_have_option(level, name)) {
    int result = rings_setsockopt(job->connection, name, job->data, job->len);
    job->answer->purge = result == 0 && name == PACKET_RX_RING;
    return result;
  }
  struct pktsock_sock_fprog program = {(unsigned short)(job->len / sizeof(struct pktsock_sock_filter)),
                                       (struct pktsock_sock_filter *)job->data};
  if (level == SOL_SOCKET && name == SO_ATTACH_FILTER)
    return pktsock_setsockopt(job->socket, level, name, &program, len);
  if (level == SOL_SOCKET && name == SO_BINDTODEVICE) {
    memset(job->data + job->len, 0, IFNAMSIZ);
    view_name_to_component((char *)job->data);
    len = len == 0 ? 0 : IFNAMSIZ;
  }
  if (level == SOL_PACKET && (name == PACKET_ADD_MEMBERSHIP || name == PACKET_DROP_MEMBERSHIP) &&
      job->len >= sizeof(struct packet_mreq)) {
    struct packet_mreq *membership = (struct packet_mreq *)job->data;
    membership->mr_ifindex = view_to_component(membership->mr_ifindex);
  }
  return pktsock_setsockopt(job->socket, level, name, job->data, len);
}

static int give_number(uint8_t *value, int number, socklen_t *len) {
  *len = most((int32_t)*len, sizeof(number));
  memcpy(value, &number, *len);
  return 0;
}

static int do_getsockopt(struct job *job) {
  int level = job->request->arguments[0], name = job->request->arguments[1], result;
  socklen_t len = (socklen_t)job->request->arguments[2];
  if (len > PRELOAD_DATA && (int32_t)len > 0)
    len = PRELOAD_DATA;
  memcpy(job->out, job->data, job->len); /* at most PRELOAD_DATA: see serve() */
  if (level == SOL_SOCKET && name == SO_ERROR && has_kept_error(job))
    result = give_number(job->out, errno, &len);
  else if (rings_have_option(level, name))
    result = rings_getsockopt(job->connection, name, job->out, &len);
  else
    result = pktsock_getsockopt(job->socket, level, name, job->out, &len);
  if (result < 0)
    return result;
  job->out_len = len;
  return (int)len;
}

/* The descriptor of the memory goes with the answer (server.c). */
static int do_mmap(struct job *job) {
  const struct ring *ring = rings_give(job->connection, job->request->arguments[0]);
  return ring == NULL ? -1 : (int)ring_size(ring);
}

static int do_poll(struct job *job) {
  struct pktsock_pollfd fd = {.fd = job->socket, .events = POLLIN | POLLPRI};
  int kept = 0, selects = 0;
  socklen_t len = sizeof(selects);
  if (job->connection->error != 0) {
    pktsock_getsockopt(job->socket, SOL_SOCKET, SO_SELECT_ERR_QUEUE, &selects, &len);
    kept = selects != 0 ? POLLERR | POLLPRI : POLLERR;
  }
  return pktsock_poll(&fd, 1, 0) < 0 ? -1 : fd.revents | kept;
}

/* Requests whose struct ifreq points to data, which follows it here. */
static bool has_data(unsigned long request) {
  return request == SIOCETHTOOL || request == SIOCSHWTSTAMP || request == SIOCGHWTSTAMP;
}

/* Is there as much data as the component reads and writes? None: a null pointer. */
static bool is_data(unsigned long request, const uint8_t *data, size_t len) {
  uint32_t command;
  if (len == 0)
    return true;
  if (request != SIOCETHTOOL)
    return len == sizeof(struct hwtstamp_config);
  if (len < sizeof(command))
    return false;
  memcpy(&command, data, sizeof(command));
  return len >= (command == ETHTOOL_GET_TS_INFO ? sizeof(struct ethtool_ts_info) : sizeof(command));
}

/* The requests that the library forwards, by the size of their argument. Others could make this process wait (FIONBIO) or
 * contain an address of the program. */
static bool is_forwarded(unsigned long request, const uint8_t *data, size_t len) {
  if (has_data(request))
    return len >= sizeof(struct ifreq) && is_data(request, data + sizeof(struct ifreq), len - sizeof(struct ifreq));
  switch (request) {
  case FIONREAD:
  case SIOCOUTQ: return len == sizeof(int);
  case SIOCGSTAMP: return len == sizeof(struct timeval);
  case SIOCGSTAMPNS: return len == sizeof(struct timespec);
  default:
    return request >= SIOCGIFNAME && request < SIOCETHTOOL && request != SIOCGIFCONF && len == sizeof(struct ifreq);
  }
}

/* A request about the interface may come without a packet socket, but the component needs one. */
static int do_ioctl(struct job *job) {
  unsigned long request = (uint32_t)job->request->arguments[0];
  int socket = job->socket >= 0 ? job->socket : any_socket(), own = -1;
  if (!is_forwarded(request, job->data, job->len)) {
    errno = ENOTTY;
    return -1;
  }
  if (socket < 0)
    socket = own = pktsock_socket(AF_PACKET, SOCK_RAW, 0);
  memcpy(job->out, job->data, job->len);
  job->out_len = job->len;
  struct ifreq *about = (struct ifreq *)job->out;
  bool is_about_interface = job->len >= sizeof(*about);
  if (has_data(request))
    about->ifr_data = job->len == sizeof(*about) ? NULL : (void *)(about + 1);
  int result = is_about_interface ? view_ioctl(socket, request, about) : pktsock_ioctl(socket, request, job->out);
  if (own >= 0) {
    int error = errno;
    pktsock_close(own);
    errno = error;
  }
  return result;
}

/* Report an option that the component does not have. */
static int report_missing(struct job *job, const char *call, int result) {
  int error = errno;
  if (result < 0 && error == ENOPROTOOPT)
    missing_option(call, job->request->arguments[0], job->request->arguments[1]);
  errno = error;
  return result;
}

static ssize_t make(struct job *job) {
  switch (job->request->call) {
  case CALL_BIND: return do_bind(job);
  case CALL_CONNECT: return pktsock_connect(job->socket, NULL, 0);
  case CALL_LISTEN: return pktsock_listen(job->socket, 0);
  case CALL_ACCEPT: return pktsock_accept(job->socket, NULL, NULL);
  case CALL_SHUTDOWN: return pktsock_shutdown(job->socket, 0);
  case CALL_GETPEERNAME: return pktsock_getpeername(job->socket, NULL, NULL);
  case CALL_GETSOCKNAME: return do_getsockname(job);
  case CALL_SENDTO:
  case CALL_SENDMSG: return do_send(job);
  case CALL_RECEIVE: return do_receive(job);
  case CALL_SETSOCKOPT: return report_missing(job, "setsockopt", do_setsockopt(job));
  case CALL_GETSOCKOPT: return report_missing(job, "getsockopt", do_getsockopt(job));
  case CALL_ANSWERS: return answers_descriptor(job->connection) < 0 ? -1 : 0;
  case CALL_MMAP: return do_mmap(job);
  case CALL_POLL: return do_poll(job);
  case CALL_MESSAGE: return do_message(job);
  case CALL_QUEUE: return messages_descriptor(job->connection) < 0 ? -1 : 0;
  case CALL_NOTHING: return 0;
  case CALL_IOCTL: return do_ioctl(job);
  default: errno = ENOSYS; return -1;
  }
}

size_t server_call(struct connection *connection, const struct preload_request *request, uint8_t *data, size_t len,
                   struct preload_answer *answer, uint8_t *out) {
  struct job job = {connection, connection != NULL ? connection->socket : -1, request, data, len, answer, out, 0};
  ssize_t result = -1;
  if (connection != NULL && connection->rings.rx.memory != NULL)
    rings_receive(connection); /* before the call sorts more into the queue */
  errno = EBADF;
  if (connection != NULL || request->call == CALL_IOCTL || request->call == CALL_NOTHING)
    result = make(&job);
  answer->result = (int32_t)result;
  answer->error = result < 0 ? errno : 0;
  if (connection != NULL && connection->reported && !connection_has_more(connection)) {
    answer->drain = 1;
    connection->reported = false;
  }
  return result < 0 ? 0 : job.out_len;
}
