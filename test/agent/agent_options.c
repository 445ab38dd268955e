/* The agent's calls for options, ioctl() and interface names.
 *
 * An option's value is BYTES, or timeval:SECONDS:MICROSECONDS, or fprog:BYTES[:LENGTH] for a filter program (8 bytes an
 * instruction, as struct sock_filter has them). Room for one is a number of bytes or "timeval". */
#include "agent.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

/* Any of the values that an option or ioctl can have, in the machine's own layout. */
union value {
  uint8_t bytes[128];
  int number;
  struct timeval timeval;
  struct timespec timespec;
  struct sock_fprog fprog;
  struct ifreq ifreq;
};

static bool parse_timeval(const char *text, struct timeval *timeval) {
  const char *colon = strchr(text, ':');
  long seconds, microseconds;
  if (!colon || !agent_parse_number(text, colon, &seconds) ||
      !agent_parse_number(colon + 1, colon + 1 + strlen(colon + 1), &microseconds))
    return false;
  timeval->tv_sec = seconds;
  timeval->tv_usec = microseconds;
  return true;
}

static bool parse_fprog(char *text, struct sock_fprog *fprog) {
  char *colon = strchr(text, ':');
  size_t len = 0;
  long claimed;
  if (colon)
    *colon = 0;
  fprog->filter = NULL;
  if (strcmp(text, "-")) {
    if (!agent_parse_bytes(text, agent_data, sizeof agent_data, &len))
      return false;
    fprog->filter = (struct sock_filter *)agent_data;
  }
  fprog->len = (unsigned short)(len / sizeof(struct sock_filter));
  if (colon) {
    if (!agent_parse_number(colon + 1, colon + 1 + strlen(colon + 1), &claimed))
      return false;
    fprog->len = (unsigned short)claimed;
  }
  return true;
}

/* setsockopt FD LEVEL NAME VALUE [LENGTH] */
static void do_setsockopt(struct agent_args *args) {
  union value value;
  size_t len = 0;
  memset(&value, 0, sizeof value);
  long fd = agent_number(args), level = agent_number(args), name = agent_number(args);
  char *word = (char *)agent_word(args);
  char *timeval = (char *)agent_behind(word, "timeval:"), *fprog = (char *)agent_behind(word, "fprog:");
  bool understood = true;
  if (timeval) {
    understood = parse_timeval(timeval, &value.timeval);
    len = sizeof value.timeval;
  } else if (fprog) {
    understood = parse_fprog(fprog, &value.fprog);
    len = sizeof value.fprog;
  } else if (strcmp(word, "-")) {
    understood = agent_parse_bytes(word, value.bytes, sizeof value.bytes, &len);
  }
  if (!understood)
    args->complaint = "the value is not understood";
  len = (size_t)agent_number_or(args, (long)len);
  if (agent_ok(args))
    agent_result(setsockopt((int)fd, (int)level, (int)name, strcmp(word, "-") ? &value : NULL, (socklen_t)len));
}

/* getsockopt FD LEVEL NAME ROOM; ROOM "timeval", N, "noval:N" or "nolen". */
static void do_getsockopt(struct agent_args *args) {
  union value value;
  memset(&value, AGENT_UNTOUCHED, sizeof value);
  long fd = agent_number(args), level = agent_number(args), name = agent_number(args), room = 0;
  const char *word = agent_word(args), *alone = agent_behind(word, "noval:");
  const char *number = alone ? alone : word;
  bool timeval = !strcmp(word, "timeval"), nolen = !strcmp(word, "nolen");
  if (timeval)
    room = sizeof value.timeval;
  else if (!nolen && !agent_parse_number(number, number + strlen(number), &room))
    args->complaint = "room for the value is not understood";
  if (!agent_ok(args))
    return;
  socklen_t len = (socklen_t)room;
  int result = getsockopt((int)fd, (int)level, (int)name, alone ? NULL : &value, nolen ? NULL : &len);
  agent_result(result);
  if (result)
    return;
  if (timeval) {
    agent_field("value");
    agent_time((long)value.timeval.tv_sec, (long)value.timeval.tv_usec, 6);
    return;
  }
  agent_field_decimal("len", (long)(int32_t)len);
  if (!alone)
    agent_field_hex("value", &value, len < sizeof value ? len : sizeof value);
}

/* ioctl on a struct ifreq: ifreq:NAME:BYTES, the bytes being those behind the name. Answers name= and value=. */
static void ioctl_ifreq(int fd, unsigned long request, char *text, struct agent_args *args) {
  union value value;
  memset(&value, 0, sizeof value);
  char *colon = strchr(text, ':');
  size_t len;
  if (!colon || (size_t)(colon - text) > IFNAMSIZ || !agent_parse_bytes(colon + 1, value.bytes + IFNAMSIZ, 16, &len))
    args->complaint = "the ifreq is not understood";
  else
    memcpy(value.bytes, text, (size_t)(colon - text));
  if (!agent_ok(args))
    return;
  int result = ioctl(fd, request, &value);
  agent_result(result);
  if (result < 0)
    return;
  value.bytes[IFNAMSIZ - 1] = 0;
  agent_field("name");
  agent_text((char *)value.bytes);
  agent_field_hex("value", value.bytes + IFNAMSIZ, 16);
}

/* A request with data that a struct ifreq points to: data:NAME:BYTES, or data:NAME:- for a null pointer. Answers data=. */
static void ioctl_data(int fd, unsigned long request, char *text, struct agent_args *args) {
  struct ifreq ifreq;
  memset(&ifreq, 0, sizeof ifreq);
  char *colon = strchr(text, ':');
  size_t len = 0;
  bool null = colon && !strcmp(colon + 1, "-");
  if (!colon || colon - text >= IFNAMSIZ ||
      (!null && !agent_parse_bytes(colon + 1, agent_data, sizeof agent_data, &len)))
    args->complaint = "the data of the request is not understood";
  else
    memcpy(ifreq.ifr_name, text, (size_t)(colon - text));
  ifreq.ifr_data = null ? NULL : (void *)agent_data;
  if (!agent_ok(args))
    return;
  int result = ioctl(fd, request, &ifreq);
  agent_result(result);
  if (result == 0)
    agent_field_hex("data", agent_data, len);
}

/* ioctl FD REQUEST ARGUMENT; ARGUMENT "-", int:N, timeval, timespec, ifreq:NAME:BYTES or data:NAME:BYTES. */
static void do_ioctl(struct agent_args *args) {
  union value value;
  memset(&value, 0, sizeof value);
  long fd = agent_number(args), request = agent_number(args), number = 0;
  char *word = (char *)agent_word(args), *ifreq = (char *)agent_behind(word, "ifreq:");
  char *data = (char *)agent_behind(word, "data:");
  const char *integer = agent_behind(word, "int:");
  if (ifreq) {
    ioctl_ifreq((int)fd, (unsigned long)request, ifreq, args);
    return;
  }
  if (data) {
    ioctl_data((int)fd, (unsigned long)request, data, args);
    return;
  }
  bool null = !strcmp(word, "-"), timeval = !strcmp(word, "timeval");
  if (integer && !agent_parse_number(integer, integer + strlen(integer), &number))
    args->complaint = "the argument is not understood";
  value.number = (int)number;
  if (!agent_ok(args))
    return;
  int result = ioctl((int)fd, (unsigned long)request, null ? NULL : &value);
  agent_result(result);
  if (result || null)
    return;
  agent_field("value");
  if (integer)
    agent_decimal(value.number);
  else if (timeval)
    agent_time((long)value.timeval.tv_sec, (long)value.timeval.tv_usec, 6);
  else
    agent_time((long)value.timespec.tv_sec, value.timespec.tv_nsec, 9);
}

/* ifconf FD ROOM: SIOCGIFCONF with room for ROOM interfaces, at most 4, or "-" for a null pointer. Answers
 * list=NAME:ADDRESS,... */
static void do_ifconf(struct agent_args *args) {
  struct ifreq requests[4];
  struct ifconf ifconf = {.ifc_req = requests};
  long fd = agent_number(args), room = 0;
  const char *word = agent_word(args);
  if (!strcmp(word, "-"))
    ifconf.ifc_req = NULL;
  else if (!agent_parse_number(word, word + strlen(word), &room) || room > 4)
    args->complaint = "room for interfaces is not understood";
  ifconf.ifc_len = (int)(room * (long)sizeof requests[0]);
  if (!agent_ok(args))
    return;
  int result = ioctl((int)fd, SIOCGIFCONF, &ifconf);
  agent_result(result);
  if (result)
    return;
  agent_field_decimal("count", ifconf.ifc_len / (long)sizeof requests[0]);
  agent_field("list");
  for (long i = 0; ifconf.ifc_req && i < ifconf.ifc_len / (long)sizeof requests[0]; i++) {
    agent_text(i ? "," : "");
    agent_text(requests[i].ifr_name);
    agent_text(":");
    agent_hex((const uint8_t *)&requests[i].ifr_addr + 4, 4);
  }
}

/* if_nametoindex NAME; returns 0 for unknown names, with an errno. */
static void do_if_nametoindex(struct agent_args *args) {
  const char *name = agent_word(args);
  if (!agent_ok(args))
    return;
  errno = 0;
  long index = if_nametoindex(name);
  int error = errno;
  agent_result(index);
  if (index)
    return;
  const char *why = agent_errno_name(error);
  agent_field("errno");
  agent_text(why ? why : "0");
}

/* if_indextoname INDEX; returns 1 and name=, or 0 and errno=. */
static void do_if_indextoname(struct agent_args *args) {
  char name[IF_NAMESIZE];
  long index = agent_number(args);
  if (!agent_ok(args))
    return;
  errno = 0;
  char *found = if_indextoname((unsigned)index, name);
  int error = errno;
  agent_result(found == name);
  const char *why = agent_errno_name(error);
  agent_field(found ? "name" : "errno");
  agent_text(found ? name : why ? why : "0");
}

/* if_nameindex answers list=INDEX:NAME,...; returns how many. */
static void do_if_nameindex(struct agent_args *args) {
  if (!agent_ok(args))
    return;
  struct if_nameindex *list = if_nameindex();
  long count = 0;
  while (list && (list[count].if_index || list[count].if_name))
    count++;
  agent_result(list ? count : -1);
  agent_field("list");
  for (long i = 0; i < count; i++) {
    if (i)
      agent_text(",");
    agent_decimal(list[i].if_index);
    agent_text(":");
    agent_text(list[i].if_name);
  }
  if (list)
    if_freenameindex(list);
}

const struct agent_entry agent_options[] = {
    {"setsockopt", do_setsockopt},
    {"getsockopt", do_getsockopt},
    {"ioctl", do_ioctl},
    {"ifconf", do_ifconf},
    {"if_nametoindex", do_if_nametoindex},
    {"if_indextoname", do_if_indextoname},
    {"if_nameindex", do_if_nameindex},
    {NULL, NULL},
};
