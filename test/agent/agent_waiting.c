/* The agent's calls that wait for several descriptors. */
#include "agent.h"
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>

#define MAX_POLLED 8
enum { SETS = 3 };
/* The letters of select()'s sets, in the order of its arguments. */
static const char letters[SETS] = {'r', 'w', 'e'};

/* poll TIMEOUT [FD:EVENTS ...] answers revents=A,B,...; null:N is a null pointer to N entries. */
static void do_poll(struct agent_args *args) {
  struct pollfd fds[MAX_POLLED];
  unsigned count = 0;
  long timeout = agent_number(args);
  while (agent_more(args) && count < MAX_POLLED) {
    const char *word = agent_word(args), *colon = strchr(word, ':'), *null = agent_behind(word, "null:");
    long fd, events;
    if (null && agent_parse_number(null, null + strlen(null), &events)) {
      agent_result(poll(NULL, (nfds_t)events, (int)timeout));
      return;
    }
    if (!colon || !agent_parse_number(word, colon, &fd) ||
        !agent_parse_number(colon + 1, colon + 1 + strlen(colon + 1), &events)) {
      args->complaint = "FD:EVENTS is not understood";
      break;
    }
    fds[count++] = (struct pollfd){.fd = (int)fd, .events = (short)events};
  }
  if (!agent_ok(args))
    return;
  agent_result(poll(fds, count, (int)timeout));
  agent_field("revents");
  for (unsigned i = 0; i < count; i++) {
    if (i)
      agent_text(",");
    agent_decimal(fds[i].revents);
  }
}

/* A word like r3: that descriptor in that set. */
static bool parse_member(const char *word, int *set, long *fd) {
  const char *letter = memchr(letters, *word, SETS);
  *set = letter ? (int)(letter - letters) : 0;
  return letter && agent_parse_number(word + 1, word + strlen(word), fd) && *fd >= 0 && *fd < FD_SETSIZE;
}

/* A time-out SECONDS:MICROSECONDS, or "-" for none. */
static bool take_timeout(struct agent_args *args, struct timeval *timeout) {
  const char *word = agent_word(args), *colon = strchr(word, ':');
  long seconds = 0, microseconds = 0;
  if (!strcmp(word, "-"))
    return false;
  if (!colon || !agent_parse_number(word, colon, &seconds) ||
      !agent_parse_number(colon + 1, colon + strlen(colon), &microseconds))
    args->complaint = "SECONDS:MICROSECONDS is not understood";
  timeout->tv_sec = seconds;
  timeout->tv_usec = microseconds;
  return true;
}

/* select COUNT TIMEOUT [MEMBER ...]; members are r3 w3 e3. A set without members is a null pointer. Answers
 * ready=r3,w3 with the members that are left, and left= with whether any time is left. */
static void do_select(struct agent_args *args) {
  fd_set sets[SETS], *pointers[SETS] = {NULL, NULL, NULL};
  struct timeval timeout = {0, 0};
  char *const *members;
  int set;
  long fd, count = agent_number(args);
  bool limited = take_timeout(args, &timeout), first = true;
  members = args->words + args->at;
  unsigned most = args->count - args->at;
  for (unsigned i = 0; i < most && agent_more(args); i++) {
    if (!parse_member(agent_word(args), &set, &fd)) {
      args->complaint = "a member of a set is not understood";
      break;
    }
    if (!pointers[set])
      FD_ZERO(pointers[set] = &sets[set]);
    FD_SET((int)fd, pointers[set]);
  }
  if (!agent_ok(args))
    return;
  agent_result(select((int)count, pointers[0], pointers[1], pointers[2], limited ? &timeout : NULL));
  agent_field("ready");
  for (unsigned i = 0; i < most; i++) {
    if (!parse_member(members[i], &set, &fd) || !FD_ISSET((int)fd, pointers[set]))
      continue;
    if (!first)
      agent_text(",");
    agent_text(members[i]);
    first = false;
  }
  if (limited)
    agent_field_decimal("left", timeout.tv_sec || timeout.tv_usec);
}

const struct agent_entry agent_waiting[] = {
    {"poll", do_poll},
    {"select", do_select},
    {NULL, NULL},
};
