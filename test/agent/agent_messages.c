/* The agent's calls with struct msghdr, and readv() and writev().
 *
 * A control message to be sent is written LEVEL:TYPE:BYTES; one that was received is answered as
 * cmsg=LEVEL:TYPE:BYTES, with SECONDS.FRACTION instead of bytes for a time stamp, three of these for SO_TIMESTAMPING, and
 * ERRNO,ORIGIN,TYPE,CODE,INFO,DATA for PACKET_TX_TIMESTAMP; ERRNO is as Linux numbers it. */
#include "agent.h"
#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

#include <linux/errqueue.h> /* needs the one before */

#define MAX_VECTORS 8
/* The bytes between two vectors' buffers, which must stay untouched. */
#define GAP 4

static union {
  struct cmsghdr header; /* for its alignment */
  uint8_t bytes[256];
} control;

/* The rest of a word "count:N", which overrides the number of vectors. */
static bool take_count(const char *word, long *count) {
  const char *number = agent_behind(word, "count:");
  return number && agent_parse_number(number, number + strlen(number), count);
}

/* Reads vectors to be sent: BYTES ..., "-" for a null pointer of 1 byte, count:N to claim another number of them. */
static long take_sent(struct agent_args *args, struct iovec *vectors) {
  long count = 0, claimed = -1;
  size_t used = 0;
  while (agent_more(args) && count < MAX_VECTORS) {
    if (take_count(args->words[args->at], &claimed)) {
      args->at++;
      continue;
    }
    struct agent_bytes data = agent_take_bytes(args, agent_data + used, sizeof agent_data - used);
    vectors[count].iov_base = data.bytes;
    vectors[count++].iov_len = data.bytes ? data.len : 1;
    used += data.len;
  }
  return claimed >= 0 ? claimed : count;
}

/* Reads room to receive into: N ..., -N for a null pointer with N bytes, count:N as above. */
static long take_rooms(struct agent_args *args, struct iovec *vectors, long *real) {
  long count = 0, claimed = -1;
  size_t used = 0;
  memset(agent_data, AGENT_UNTOUCHED, sizeof agent_data);
  while (agent_more(args) && count < MAX_VECTORS) {
    if (take_count(args->words[args->at], &claimed)) {
      args->at++;
      continue;
    }
    long room = agent_number(args);
    if (room > 0 && used + (size_t)room + GAP > sizeof agent_data) {
      args->complaint = "more room than the agent has";
      break;
    }
    vectors[count].iov_base = room < 0 ? NULL : agent_data + used;
    vectors[count++].iov_len = (size_t)(room < 0 ? -room : room);
    if (room >= 0)
      used += (size_t)room + GAP;
  }
  *real = count;
  return claimed >= 0 ? claimed : count;
}

/* Answers data=A,B,... with the bytes of each vector, and overrun= if bytes outside of them were changed. */
static void show_vectors(const struct iovec *vectors, long count, long got) {
  if (got < 0)
    return;
  size_t left = (size_t)got, untouched = 0, written = 0;
  agent_field("data");
  for (long i = 0; i < count; i++) {
    size_t len = vectors[i].iov_len < left ? vectors[i].iov_len : left;
    if (i)
      agent_text(",");
    agent_hex(vectors[i].iov_base, len);
    left -= len;
    written += len;
  }
  for (size_t i = 0; i < sizeof agent_data; i++)
    untouched += agent_data[i] == AGENT_UNTOUCHED;
  /* A received byte may equal an untouched one, so this detects only surplus bytes. */
  if (untouched + written < sizeof agent_data)
    agent_field_decimal("overrun", (long)(sizeof agent_data - untouched - written));
}

/* The three times of SCM_TIMESTAMPING. */
static void show_times(const void *data) {
  struct timespec times[3];
  memcpy(times, data, sizeof times);
  for (unsigned i = 0; i < 3; i++) {
    if (i)
      agent_text("/");
    agent_time((long)times[i].tv_sec, times[i].tv_nsec, 9);
  }
}

static void show_extended_error(const void *data) {
  enum { LINUX_ENOMSG = 42 };
  struct sock_extended_err error;
  memcpy(&error, data, sizeof error);
  const uint32_t values[] = {error.ee_errno == ENOMSG ? LINUX_ENOMSG : error.ee_errno,
                             error.ee_origin,
                             error.ee_type,
                             error.ee_code,
                             error.ee_info,
                             error.ee_data};
  for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
    if (i)
      agent_text(",");
    agent_decimal((long)values[i]);
  }
}

static void show_control(struct msghdr *message) {
  for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(message); cmsg; cmsg = CMSG_NXTHDR(message, cmsg)) {
    size_t len = cmsg->cmsg_len - CMSG_LEN(0);
    agent_field("cmsg");
    agent_decimal(cmsg->cmsg_level);
    agent_text(":");
    agent_decimal(cmsg->cmsg_type);
    agent_text(":");
    struct timeval tv;
    struct timespec ts;
    if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SO_TIMESTAMP && len == sizeof tv) {
      memcpy(&tv, CMSG_DATA(cmsg), sizeof tv);
      agent_time((long)tv.tv_sec, (long)tv.tv_usec, 6);
    } else if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SO_TIMESTAMPNS && len == sizeof ts) {
      memcpy(&ts, CMSG_DATA(cmsg), sizeof ts);
      agent_time((long)ts.tv_sec, ts.tv_nsec, 9);
    } else if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SO_TIMESTAMPING && len == 3 * sizeof ts) {
      show_times(CMSG_DATA(cmsg));
    } else if (cmsg->cmsg_level == SOL_PACKET && cmsg->cmsg_type == PACKET_TX_TIMESTAMP &&
               len == sizeof(struct sock_extended_err)) {
      show_extended_error(CMSG_DATA(cmsg));
    } else {
      agent_hex(CMSG_DATA(cmsg), len);
    }
  }
}

/* Room for control messages: "-" for none, N bytes, or "data:N" for one message header and N bytes of its data. */
static void take_control_room(struct agent_args *args, struct msghdr *message) {
  const char *word = agent_word(args), *data = agent_behind(word, "data:");
  const char *number = data ? data : word;
  long room = 0;
  memset(control.bytes, 0, sizeof control.bytes);
  if (!strcmp(word, "-"))
    return;
  if (!agent_parse_number(number, number + strlen(number), &room) || room < 0 || room > 200)
    args->complaint = "room for control data is not understood";
  message->msg_control = control.bytes;
  message->msg_controllen = data ? CMSG_LEN((size_t)room) : (size_t)room;
}

/* recvmsg FD FLAGS ROOM-FOR-ADDRESS CONTROL-ROOM ROOM ... */
static void do_recvmsg(struct agent_args *args) {
  struct iovec vectors[MAX_VECTORS];
  uint8_t name[32];
  struct msghdr message;
  memset(&message, 0, sizeof message);
  long real, fd = agent_number(args), flags = agent_number(args);
  memset(name, AGENT_UNTOUCHED, sizeof name);
  const char *word = agent_word(args);
  long namelen = 0;
  if (strcmp(word, "-")) {
    if (!agent_parse_number(word, word + strlen(word), &namelen))
      args->complaint = "room for an address is not understood";
    message.msg_name = name;
  }
  message.msg_namelen = (socklen_t)namelen;
  take_control_room(args, &message);
  message.msg_iov = vectors;
  message.msg_iovlen = (size_t)take_rooms(args, vectors, &real);
  message.msg_flags = 0x5a5a5a;
  if (!agent_ok(args))
    return;
  long got = recvmsg((int)fd, &message, (int)flags);
  agent_result(got);
  if (got < 0)
    return;
  agent_field_decimal("flags", message.msg_flags);
  agent_field_decimal("addrlen", (long)(int32_t)message.msg_namelen);
  if (message.msg_name) {
    size_t end = sizeof name;
    while (end && name[end - 1] == AGENT_UNTOUCHED)
      end--;
    agent_field_hex("addr", name, end);
  }
  agent_field_decimal("controllen", (long)(message.msg_controllen != 0));
  show_control(&message);
  show_vectors(vectors, real, got);
}

/* Reads "-" or LEVEL:TYPE:BYTES; "short" makes a message whose length is less than its header's. */
static void take_control(struct agent_args *args, struct msghdr *message) {
  const char *word = agent_word(args);
  if (!strcmp(word, "-"))
    return;
  memset(control.bytes, 0, sizeof control.bytes);
  message->msg_control = control.bytes;
  message->msg_controllen = sizeof(struct cmsghdr);
  struct cmsghdr *cmsg = CMSG_FIRSTHDR(message);
  if (!strcmp(word, "short")) {
    cmsg->cmsg_len = 1;
    return;
  }
  const char *first = strchr(word, ':'), *second = first ? strchr(first + 1, ':') : NULL;
  long level, type;
  size_t len;
  if (!second || !agent_parse_number(word, first, &level) || !agent_parse_number(first + 1, second, &type) ||
      !agent_parse_bytes(second + 1, CMSG_DATA(cmsg), 128, &len)) {
    args->complaint = "a control message is not understood";
    return;
  }
  cmsg->cmsg_level = (int)level;
  cmsg->cmsg_type = (int)type;
  cmsg->cmsg_len = CMSG_LEN(len);
  message->msg_controllen = CMSG_SPACE(len);
}

/* sendmsg FD FLAGS ADDRESS CONTROL BYTES ... */
static void do_sendmsg(struct agent_args *args) {
  struct iovec vectors[MAX_VECTORS];
  uint8_t name[128];
  struct msghdr message;
  memset(&message, 0, sizeof message);
  long fd = agent_number(args), flags = agent_number(args);
  struct agent_bytes address = agent_take_bytes(args, name, sizeof name);
  message.msg_name = address.bytes;
  message.msg_namelen = (socklen_t)address.len;
  take_control(args, &message);
  message.msg_iov = vectors;
  message.msg_iovlen = (size_t)take_sent(args, vectors);
  if (agent_ok(args))
    agent_result(sendmsg((int)fd, &message, (int)flags));
}

/* writev FD BYTES ... */
static void do_writev(struct agent_args *args) {
  struct iovec vectors[MAX_VECTORS];
  long fd = agent_number(args), count = take_sent(args, vectors);
  if (agent_ok(args))
    agent_result(writev((int)fd, vectors, (int)count));
}

/* readv FD ROOM ... */
static void do_readv(struct agent_args *args) {
  struct iovec vectors[MAX_VECTORS];
  long real, fd = agent_number(args), count = take_rooms(args, vectors, &real);
  if (!agent_ok(args))
    return;
  long got = readv((int)fd, vectors, (int)count);
  agent_result(got);
  show_vectors(vectors, real, got);
}

/* nomsg CALL FD: recvmsg() or sendmsg() with a null pointer. */
static void do_nomsg(struct agent_args *args) {
  const char *call = agent_word(args);
  long fd = agent_number(args);
  if (agent_ok(args))
    agent_result(!strcmp(call, "sendmsg") ? sendmsg((int)fd, NULL, 0) : recvmsg((int)fd, NULL, 0));
}

const struct agent_entry agent_messages[] = {
    {"recvmsg", do_recvmsg}, {"sendmsg", do_sendmsg}, {"readv", do_readv},
    {"writev", do_writev},   {"nomsg", do_nomsg},     {NULL, NULL},
};
