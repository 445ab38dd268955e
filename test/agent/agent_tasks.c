/* The agent's commands that need a second task, which only a Linux process has. Each answers at once. Another task makes the
 * call MILLISECONDS after the next command was read, so that it cannot come too early on a busy machine; pollmeanwhile polls
 * at once, for MILLISECONDS. */
#include "agent.h"

#ifdef __linux__

#include <net/if.h>
#if __has_include(<pktsock/pktsock.h>)
#include <pktsock/pktsock.h>
#endif
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A short frame. */
#define AGENT_LATER_BYTES 64

struct order {
  unsigned command; /* the number of the command that gave the order */
  long milliseconds, fd, number;
  struct ifreq ifreq;
  uint8_t bytes[AGENT_LATER_BYTES];
  size_t len;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t next_command = PTHREAD_COND_INITIALIZER;
static unsigned command;

void agent_next_command(void) {
  pthread_mutex_lock(&lock);
  command++;
  pthread_cond_broadcast(&next_command);
  pthread_mutex_unlock(&lock);
}

/* Wait until the next command, which waits for this task, has been read, and then for the delay of the order. */
static void rest(const struct order *order) {
  pthread_mutex_lock(&lock);
  while (command == order->command)
    pthread_cond_wait(&next_command, &lock);
  pthread_mutex_unlock(&lock);
  struct timespec pause = {order->milliseconds / 1000, order->milliseconds % 1000 * 1000000};
  nanosleep(&pause, NULL);
}

static void *close_later(void *order) {
  rest(order);
  close((int)((struct order *)order)->fd);
  free(order);
  return NULL;
}

static void *set_flags_later(void *order) {
  rest(order);
  ioctl((int)((struct order *)order)->fd, SIOCSIFFLAGS, &((struct order *)order)->ifreq);
  free(order);
  return NULL;
}

static void *send_later(void *order) {
  struct order *o = order;
  rest(o);
  send((int)o->fd, o->bytes, o->len, 0);
  free(order);
  return NULL;
}

static void *poll_meanwhile(void *order) {
  struct order *o = order;
  struct pollfd fd = {.fd = (int)o->fd, .events = (short)o->number};
  poll(&fd, 1, (int)o->milliseconds);
  free(order);
  return NULL;
}

static struct order *take_order(struct agent_args *args) {
  struct order *order = calloc(1, sizeof *order);
  order->command = command;
  order->milliseconds = agent_number(args);
  order->fd = agent_number(args);
  return order;
}

static struct order *take_order_with_bytes(struct agent_args *args) {
  struct order *order = take_order(args);
  order->len = agent_take_bytes(args, order->bytes, sizeof order->bytes).len;
  return order;
}

static void give_order(struct agent_args *args, void *(*task)(void *), struct order *order) {
  pthread_t thread;
  if (!agent_ok(args)) {
    free(order);
    return;
  }
  int error = pthread_create(&thread, NULL, task, order);
  if (!error)
    pthread_detach(thread);
  else
    free(order);
  agent_result(error ? -1 : 0);
}

/* closelater MILLISECONDS FD */
static void do_closelater(struct agent_args *args) { give_order(args, close_later, take_order(args)); }

/* sendlater MILLISECONDS FD BYTES */
static void do_sendlater(struct agent_args *args) { give_order(args, send_later, take_order_with_bytes(args)); }

#if __has_include(<pktsock/pktsock.h>)
static void *submit_later(void *order) {
  struct order *o = order;
  struct pktsock_frame frame;
  rest(o);
  if (!pktsock_reserve((int)o->fd, &frame, 0)) {
    memcpy(frame.data, o->bytes, o->len);
    frame.len = o->len;
    pktsock_submit((int)o->fd, &frame);
  }
  free(order);
  return NULL;
}

/* submitlater MILLISECONDS FD BYTES: sends them in a lent frame. */
static void do_submitlater(struct agent_args *args) { give_order(args, submit_later, take_order_with_bytes(args)); }
#endif

/* flagslater MILLISECONDS FD NAME FLAGS: SIOCSIFFLAGS */
static void do_flagslater(struct agent_args *args) {
  struct order *order = take_order(args);
  strncpy(order->ifreq.ifr_name, agent_word(args), IFNAMSIZ - 1);
  order->ifreq.ifr_flags = (short)agent_number(args);
  give_order(args, set_flags_later, order);
}

/* pollmeanwhile MILLISECONDS FD EVENTS */
static void do_pollmeanwhile(struct agent_args *args) {
  struct order *order = take_order(args);
  order->number = agent_number(args);
  give_order(args, poll_meanwhile, order);
}

const struct agent_entry agent_tasks[] = {
    {"closelater", do_closelater},       {"flagslater", do_flagslater},
    {"sendlater", do_sendlater},
#if __has_include(<pktsock/pktsock.h>)
    {"submitlater", do_submitlater},
#endif
    {"pollmeanwhile", do_pollmeanwhile}, {NULL, NULL},
};

#else

const struct agent_entry agent_tasks[] = {{NULL, NULL}};

void agent_next_command(void) {}

#endif
