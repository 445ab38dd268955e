/* The agent's commands that need a second task; only a Linux process has one. */
#include "agent.h"

#ifdef __linux__

#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct { long milliseconds, fd; } order;

static void *close_later(void *unused) {
  struct timespec pause = {order.milliseconds / 1000, order.milliseconds % 1000 * 1000000};
  nanosleep(&pause, NULL);
  close((int)order.fd);
  return unused;
}

/* closelater MILLISECONDS FD: answers at once; another task closes FD then. */
static void do_closelater(struct agent_args *args) {
  pthread_t thread;
  order.milliseconds = agent_number(args);
  order.fd = agent_number(args);
  if (!agent_ok(args))
    return;
  int error = pthread_create(&thread, NULL, close_later, NULL);
  if (!error)
    pthread_detach(thread);
  agent_result(error ? -1 : 0);
}

const struct agent_entry agent_tasks[] = {{"closelater", do_closelater}, {NULL, NULL}};

#else

const struct agent_entry agent_tasks[] = {{NULL, NULL}};

#endif
