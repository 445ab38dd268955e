/* Tests each cause of a wake-up with each call that waits. A task waits in the call, another one waits for an event that never
 * comes. Then the cause happens: the first task's call must end; the other one must stay asleep unless the cause concerns
 * all tasks. */
#include "../../boards/pktsock/component.h"
#include "board.h"
#include "wake.h"
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

/* The socket on which the call waits, the one that another task uses, and the stack's. */
static int waiting, acting, stack;
static struct pktsock_frame lent;

/* ---- Calls ------------------------------------------------------------------------------------------------------------ */

static void ended(struct task *task, long result) {
  task->error = result < 0 ? errno : 0;
  task->result = result;
}

static void do_recv(struct task *task) {
  uint8_t buffer[FRAME_BYTES];
  ended(task, recv(task->fd, buffer, sizeof(buffer), 0));
}

static void do_recvmsg(struct task *task) {
  uint8_t buffer[FRAME_BYTES];
  struct iovec part = {buffer, sizeof(buffer)};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  ended(task, recvmsg(task->fd, &message, 0));
}

static void do_peek(struct task *task) {
  struct pktsock_frame got;
  int result = pktsock_peek(task->fd, &got, 0);
  ended(task, result < 0 ? result : (long)got.len);
}

static void do_poll_for(struct task *task, short events) {
  struct pollfd fd = {.fd = task->fd, .events = events};
  ended(task, poll(&fd, 1, -1) == 1 ? fd.revents : 0);
}

static void do_poll(struct task *task) { do_poll_for(task, POLLIN); }

static void do_poll_out(struct task *task) { do_poll_for(task, POLLOUT); }

static void do_select_for(struct task *task, bool writable) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(task->fd, &set);
  ended(task, select(task->fd + 1, writable ? NULL : &set, writable ? &set : NULL, NULL, NULL));
}

static void do_select(struct task *task) { do_select_for(task, false); }

static void do_select_out(struct task *task) { do_select_for(task, true); }

static void do_send(struct task *task) { ended(task, send(task->fd, frame, sizeof(frame), 0)); }

static void do_sendto(struct task *task) {
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("eth0")};
  ended(task, sendto(task->fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)));
}

static void do_sendmsg(struct task *task) {
  struct iovec part = {(void *)frame, sizeof(frame)};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  ended(task, sendmsg(task->fd, &message, 0));
}

static void do_reserve(struct task *task) {
  struct pktsock_frame got;
  ended(task, pktsock_reserve(task->fd, &got, 0));
}

enum kind { IN, POLL_READ, SELECT_IN, OUT, RESERVE, POLL_WRITE, SELECT_OUT };
static const struct {
  const char *name;
  void (*run)(struct task *);
  enum kind kind;
} calls[] = {
    {"recv", do_recv, IN},
    {"recvmsg", do_recvmsg, IN},
    {"peek", do_peek, IN},
    {"poll POLLIN", do_poll, POLL_READ},
    {"select, read", do_select, SELECT_IN},
    {"send", do_send, OUT},
    {"sendto", do_sendto, OUT},
    {"sendmsg", do_sendmsg, OUT},
    {"reserve", do_reserve, RESERVE},
    {"poll POLLOUT", do_poll_out, POLL_WRITE},
    {"select, write", do_select_out, SELECT_OUT},
};

/* ---- Causes ----------------------------------------------------------------------------------------------------------- */

static void by_arrival(void) { nic_arrive(frame, sizeof(frame)); }

static void by_send(void) { CHECK(send(acting, frame, sizeof(frame), 0) > 0, "errno %d", errno); }

static void by_stack(void) { CHECK(send(stack, frame, sizeof(frame), 0) > 0, "errno %d", errno); }

static void by_submit(void) {
  struct pktsock_frame empty;
  CHECK(pktsock_reserve(acting, &empty, 0) == 0, "errno %d", errno);
  memcpy(empty.data, frame, sizeof(frame));
  empty.len = sizeof(frame);
  CHECK(pktsock_submit(acting, &empty) > 0, "errno %d", errno);
}

static void by_completion(void) { nic_complete(); }

static void by_release(void) { CHECK(pktsock_release(acting, &lent) == 0, "errno %d", errno); }

static void by_close(void) { CHECK(close(waiting) == 0, "errno %d", errno); }

static void by_down(void) {
  struct ifreq request = {.ifr_name = "eth0", .ifr_flags = IFF_BROADCAST | IFF_MULTICAST};
  CHECK(ioctl(acting, SIOCSIFFLAGS, &request) == 0, "errno %d", errno);
}

static void by_stop(void) { pktsock_stop(); }

static void by_trap(void) {
  struct pollfd fd = {.fd = acting, .events = POLLIN};
  pkt_os_lock();
  pkt_component.control->first_iface = UINT32_MAX - 63; /* the module reads behind its memory */
  pkt_os_unlock();
  poll(&fd, 1, 0);
}

enum side { RECEIVING = 1, SENDING = 2, BOTH = 3 };
static const struct {
  const char *name;
  void (*happen)(void);
  enum side side;
  int error; /* of the call; 0: it succeeds */
  int revents;
  bool all; /* concerns every waiting task */
} causes[] = {
    {"a frame arrives", by_arrival, RECEIVING, 0, POLLIN, false},
    {"send", by_send, RECEIVING, 0, POLLIN, false},
    {"the stack sends", by_stack, RECEIVING, 0, POLLIN, false},
    {"submit", by_submit, RECEIVING, 0, POLLIN, false},
    {"completion", by_completion, SENDING, 0, POLLOUT, false},
    {"release", by_release, SENDING, 0, POLLOUT, false},
    {"close", by_close, BOTH, EBADF, POLLNVAL, false},
    {"down", by_down, BOTH, ENETDOWN, POLLERR, false},
    {"stop", by_stop, BOTH, EBADF, POLLNVAL, true},
    {"trap", by_trap, BOTH, EIO, POLLERR, true},
};

/* ---- A pair ----------------------------------------------------------------------------------------------------------- */

static void check_end(const struct task *task, enum kind kind, int error, int revents) {
  switch (kind) {
  case IN:
  case OUT:
    CHECK(task->error == error && (error != 0 || task->result == FRAME_BYTES), "%ld, errno %d", task->result,
          task->error);
    break;
  case RESERVE: CHECK(task->error == error, "%ld, errno %d", task->result, task->error); break;
  case POLL_WRITE: /* sending does not wait on an interface that is down */
    CHECK((task->result & ~POLLOUT) == (revents & ~POLLOUT), "revents %#lx", (unsigned long)task->result);
    break;
  case POLL_READ: CHECK(task->result == revents, "revents %#lx", (unsigned long)task->result); break;
  case SELECT_IN:
  case SELECT_OUT:
    CHECK(revents == POLLNVAL ? task->result == -1 && task->error == EBADF : task->result == 1, "%ld, errno %d",
          task->result, task->error);
  }
}

static void test_pair(unsigned cause, unsigned call) {
  struct task task, idle;
  bool sends = calls[call].kind >= OUT;
  unsigned before = failures;
  pktsock_start_board();
  waiting = open_socket(sends ? 0 : ETH_P_ALL);
  acting = open_socket(0);
  stack = pktsock_stack(if_nametoindex("eth0"));
  int everywhere = socket(AF_PACKET, SOCK_RAW, htons(TYPE_OTHER)); /* not bound to an interface that could go down */
  if (sends) {
    CHECK(pktsock_reserve(acting, &lent, 0) == 0, "errno %d", errno);
    nic_hold(true);
    while (send(waiting, frame, sizeof(frame), MSG_DONTWAIT) > 0)
      ;
  }
  task_start(&idle, do_recv, everywhere);
  task_start(&task, calls[call].run, waiting);
  causes[cause].happen();
  CHECK(task_end(&task), "it sleeps on");
  check_end(&task, calls[call].kind, causes[cause].error, causes[cause].revents);
  if (causes[cause].all) {
    CHECK(task_end(&idle) && idle.error == causes[cause].error, "the other task: errno %d", idle.error);
  } else {
    task_settle(&idle);
    CHECK(idle.wakes == 0 && idle.entries == 0, "%u, %u", idle.wakes, idle.entries);
  }
  pktsock_stop();
  CHECK(causes[cause].all || task_end(&idle), "the other task sleeps on");
  if (failures != before)
    printf("  with %s, by %s\n", calls[call].name, causes[cause].name);
}

void test_pairs(void) {
  unsigned pairs = 0;
  for (unsigned cause = 0; cause < sizeof(causes) / sizeof(causes[0]); cause++)
    for (unsigned call = 0; call < sizeof(calls) / sizeof(calls[0]); call++)
      if ((causes[cause].side & (calls[call].kind >= OUT ? SENDING : RECEIVING)) != 0) {
        test_pair(cause, call);
        pairs++;
      }
  printf("pairs: %u\n", pairs);
}
