/* The MAC of BOARD=linux: see host_nic.h.
 *
 * Two epoll instances watch each descriptor, with EPOLLEXCLUSIVE: first the one in which a waiting task waits, then that of the
 * driver's thread. The kernel tries them in this order and stops at the first in which somebody waits. So a frame wakes the
 * task if there is one, else the thread, and never both.
 *
 * A frame may also come while the task handles the one before. To wake the thread for it would cost more than the frame, and
 * the task is about to ask. So while tasks wait again and again, the thread sleeps for RELAX_US at a time, after which it
 * receives what no task has received. A call that does not wait receives first, too. */
#define _GNU_SOURCE
#include <pktsock/host_nic.h>

#include <pktsock/os.h>
#include <pktsock/os_posix.h>
#include <pktsock/ring.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Received frames for which one wake-up suffices. */
enum { BURST_MAX = 8 };
/* How many frames that are refused may precede one that is not: a TAP interface queues 500. */
enum { REFUSED_MAX = 512 };
/* How long a frame may lie in the descriptor while tasks that wait now and then do not. */
enum { RELAX_US = 200 };
/* How long a descriptor may refuse a frame before it is counted as an error. */
enum { SEND_LIMIT_MS = 100 };
/* Multicast and further unicast addresses; with more, all multicast frames are accepted. */
enum { ADDRESSES = 64 };
enum { NICS = 4 };

struct host_nic_state {
  int fd;
  int epoll; /* of the thread */
  int nudge; /* an eventfd that wakes the thread: frames are left to it, or it must end */
  pthread_t thread;
  pthread_t sender;         /* of a line with a speed */
  pthread_mutex_t receiver; /* held by who reads the descriptor and fills RX; guards the filter */
  pthread_mutex_t gate;     /* guards the two flags below */
  pthread_cond_t work;
  bool waiting, ending; /* there may be frames to send; the threads must end */
  bool gone;            /* atomic: the descriptor is of no more use */
  bool relaxed;         /* atomic: the thread looks at the descriptor soon, so one frame at a time is enough */
  bool told;            /* atomic: that it is */
  uint64_t
      full_since; /* since when a frame waits for room, in terms of pkt_os_now(); 0: none does. Guarded by `receiver`. */
  struct pkt_mac_filter filter;
  uint8_t addresses[ADDRESSES][6];
};

/* The epoll instance of the waiting task, and an eventfd that ends its wait. Both live as long as the process. */
static int tasks = -1, tasks_end = -1;
/* The running drivers. The waiting task holds the mutex while it receives, so that none stops meanwhile. */
static pthread_mutex_t nics_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct pkt_mac *nics[NICS];
/* Atomic: how often tasks have begun to wait; whether the program waits in host_nic_wait(), where pkt_os_wake() wakes nobody. */
static unsigned waits;
static bool is_own_wait;

static void set_nic(unsigned which, struct pkt_mac *mac) {
  pthread_mutex_lock(&nics_mutex);
  __atomic_store_n(&nics[which], mac, __ATOMIC_RELEASE);
  pthread_mutex_unlock(&nics_mutex);
}

/* The address filter of a real MAC. Before the first set_filter() it accepts its own address and broadcast only. */
static bool accepts(struct pkt_mac *mac, const uint8_t *frame) {
  static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  const struct host_nic_state *state = mac->state;
  if (state->filter.promiscuous || memcmp(frame, mac->hwaddr, 6) == 0 || memcmp(frame, broadcast, 6) == 0)
    return true;
  if (state->filter.all_multicast && (frame[0] & 1) != 0)
    return true;
  for (unsigned i = 0; i < state->filter.count; i++)
    if (memcmp(frame, state->addresses[i], 6) == 0)
      return true;
  return false;
}

/* The descriptor answers with an error that stays, as after its TAP interface was deleted: leave it alone. */
static void give_up(struct host_nic_state *state) {
  epoll_ctl(tasks, EPOLL_CTL_DEL, state->fd, NULL);
  epoll_ctl(state->epoll, EPOLL_CTL_DEL, state->fd, NULL);
  __atomic_store_n(&state->gone, true, __ATOMIC_RELEASE);
}

/* Say it once. Task context. */
static void tell_if_gone(struct pkt_mac *mac) {
  struct host_nic_state *state = mac->state;
  if (__atomic_load_n(&state->gone, __ATOMIC_ACQUIRE) && !__atomic_exchange_n(&state->told, true, __ATOMIC_RELAXED))
    pkt_say(mac, "its cable was taken away: the descriptor of the host's interface does not answer any more");
}

/* Returns true if a frame has to wait in the descriptor, because there is no room for it. */
static bool must_wait(const struct pkt_mac *mac) {
  const struct host_nic *nic = mac->config;
  struct host_nic_state *state = mac->state;
  if (nic->patience == 0 || (pkt_fill_has(mac) && !pkt_rx_holds(mac, nic->backlog))) {
    state->full_since = 0;
    return false;
  }
  if (state->full_since == 0)
    state->full_since = pkt_os_now();
  return pkt_os_now() - state->full_since < nic->patience;
}

/* Move one frame from the descriptor to the RX ring. Returns false if the descriptor has none, or one that has to wait. `wanted`
 * counts the frame unless it is refused. */
static bool receive_one(struct pkt_mac *mac, unsigned *wanted) {
  struct host_nic_state *state = mac->state;
  if (must_wait(mac))
    return false;
  struct pkt_iface *iface = mac->iface;
  uint8_t bytes[2048 + 1];
  ssize_t n = read(state->fd, bytes, sizeof(bytes));
  if (n < 0) {
    if (errno == ECONNREFUSED || errno == EINTR) /* the other end of the cable is not there yet */
      return true;
    if (errno != EAGAIN)
      give_up(state);
    return false;
  }
  if (n < (ssize_t)PKT_ETH_HLEN) {
    iface->rx_too_short++;
    return true;
  }
  if (!accepts(mac, bytes))
    return true;
  if ((size_t)n > mac->frame_size) {
    iface->rx_too_long++;
    return true;
  }
  ++*wanted;
  struct pkt_frame *frame = pkt_fill_take(mac);
  if (frame == NULL) {
    iface->rx_no_frame++;
    return true;
  }
  memcpy(pkt_frame_buffer(mac, frame), bytes, (size_t)n);
  pkt_rx_begin(mac, frame);
  pkt_rx_give(mac, frame, 0, (uint32_t)n);
  return true;
}

/* Receive up to `most` frames, for which one wake-up suffices. Returns their number; if it is `most`, there may be more. */
static unsigned receive(struct pkt_mac *mac, unsigned most) {
  struct host_nic_state *state = mac->state;
  unsigned wanted = 0, reads = 0;
  pthread_mutex_lock(&state->receiver);
  while (wanted < most && reads++ < most + REFUSED_MAX && receive_one(mac, &wanted))
    ;
  pthread_mutex_unlock(&state->receiver);
  return wanted;
}

static void signal_fd(int fd) {
  const uint64_t one = 1;
  ssize_t n;
  do
    n = write(fd, &one, sizeof(one));
  while (n < 0 && errno == EINTR);
}

static void clear_fd(int fd) {
  uint64_t count;
  ssize_t n;
  do
    n = read(fd, &count, sizeof(count));
  while (n < 0 && errno == EINTR);
}

static bool must_end(struct host_nic_state *state) {
  pthread_mutex_lock(&state->gate);
  bool ending = state->ending;
  pthread_mutex_unlock(&state->gate);
  return ending;
}

/* Sleep for as long as tasks wait again and again. */
static void relax(struct host_nic_state *state) {
  const struct timespec pause = {.tv_nsec = RELAX_US * 1000};
  unsigned before, after = __atomic_load_n(&waits, __ATOMIC_RELAXED);
  __atomic_store_n(&state->relaxed, true, __ATOMIC_SEQ_CST);
  do {
    before = after;
    nanosleep(&pause, NULL);
    after = __atomic_load_n(&waits, __ATOMIC_RELAXED);
  } while (before != after && !must_end(state));
  __atomic_store_n(&state->relaxed, false, __ATOMIC_SEQ_CST);
}

static bool has_full_rx(struct host_nic_state *state) {
  pthread_mutex_lock(&state->receiver);
  bool full = state->full_since != 0;
  pthread_mutex_unlock(&state->receiver);
  return full;
}

static void *run(void *argument) {
  const struct timespec pause = {.tv_nsec = RELAX_US * 1000};
  struct pkt_mac *mac = argument;
  struct host_nic_state *state = mac->state;
  struct epoll_event event;
  unsigned before = 0;
  while (!must_end(state)) {
    unsigned frames = receive(mac, BURST_MAX);
    if (frames > 0) {
      pkt_os_wake();
      if (__atomic_load_n(&is_own_wait, __ATOMIC_ACQUIRE))
        signal_fd(tasks_end);
    }
    if (has_full_rx(state)) { /* the task that makes room needs the mutex */
      nanosleep(&pause, NULL);
      continue;
    }
    if (frames == BURST_MAX)
      continue;
    unsigned after = __atomic_load_n(&waits, __ATOMIC_RELAXED);
    if (after != before) {
      relax(state);
      before = __atomic_load_n(&waits, __ATOMIC_RELAXED);
    } else if (epoll_wait(state->epoll, &event, 1, -1) == 1 && event.data.u64 == 0) {
      clear_fd(state->nudge);
    }
  }
  return NULL;
}

/* ---- The task that waits ---- */

int host_nic_epoll(void) { return tasks; }

/* Receive from a driver whose thread sleeps (`relaxed`), or does not. Returns true if there was a frame. */
static bool receive_from(uint64_t which, bool relaxed) {
  unsigned most = relaxed ? 1 : BURST_MAX, frames = 0;
  pthread_mutex_lock(&nics_mutex);
  struct host_nic_state *state = nics[which] != NULL ? nics[which]->state : NULL;
  if (state != NULL && __atomic_load_n(&state->relaxed, __ATOMIC_SEQ_CST) == relaxed) {
    frames = receive(nics[which], most);
    if (frames == most && !relaxed)
      signal_fd(state->nudge); /* this task may not come back */
    tell_if_gone(nics[which]);
  }
  pthread_mutex_unlock(&nics_mutex);
  return frames > 0;
}

/* The next frame of a busy line is often there before the task waits. */
static bool receive_early(void) {
  bool received = false;
  for (unsigned i = 0; i < NICS && __atomic_load_n(&nics[i], __ATOMIC_ACQUIRE) != NULL; i++)
    received |= receive_from(i, true);
  return received;
}

/* host_nic_wait(); `received`: set if frames were. */
static int wait_for_all(struct epoll_event *events, int room, uint64_t deadline, bool *received) {
  __atomic_fetch_add(&waits, 1, __ATOMIC_RELAXED);
  if (receive_early()) {
    *received = true;
    return 0;
  }
  uint64_t now = deadline == UINT64_MAX ? 0 : pkt_os_now(), left = deadline > now ? deadline - now : 0;
  struct timespec limit = {.tv_sec = (time_t)(left / 1000000), .tv_nsec = (long)(left % 1000000) * 1000};
  int n = epoll_pwait2(tasks, events, room, deadline == UINT64_MAX ? NULL : &limit, NULL), others = 0;
  for (int i = 0; i < n; i++) {
    uint64_t which = events[i].data.u64;
    if (which >= HOST_NIC_OWN)
      events[others++] = events[i];
    else if (which == NICS)
      clear_fd(tasks_end);
    else
      *received |= receive_from(which, true) || receive_from(which, false);
  }
  return n < 0 && errno != EINTR ? -1 : others;
}

int host_nic_wait(struct epoll_event *events, int room, uint64_t deadline) {
  bool received = false;
  __atomic_store_n(&is_own_wait, true, __ATOMIC_RELEASE);
  return wait_for_all(events, room, deadline, &received);
}

static bool wait_for_frames(uint64_t deadline) {
  struct epoll_event events[NICS + 1];
  bool received = false;
  wait_for_all(events, NICS + 1, deadline, &received);
  return received;
}

static void end_wait(void) { signal_fd(tasks_end); }

static const struct pkt_os_waiting in_epoll = {wait_for_frames, end_wait};

static int make_tasks(void) {
  if (tasks >= 0)
    return 0;
  int epoll = epoll_create1(EPOLL_CLOEXEC), end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = NICS};
  if (epoll < 0 || end < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, end, &event) < 0)
    return -errno;
  tasks = epoll;
  tasks_end = end;
  pkt_os_wait_in(&in_epoll);
  return 0;
}

/* ---- Sending ---- */

static ssize_t put(struct pkt_mac *mac, const struct pkt_bytes *bytes) {
  struct host_nic_state *state = mac->state;
  return write(state->fd, bytes->at, bytes->len);
}

static void put_on_wire(struct pkt_mac *mac, const struct pkt_bytes *bytes) {
  struct host_nic_state *state = mac->state;
  ssize_t n = put(mac, bytes);
  if (n < 0 && errno == ECONNREFUSED) /* this error belongs to an earlier datagram */
    n = put(mac, bytes);
  if (n < 0 && errno == EAGAIN) {
    struct pollfd fd = {.fd = state->fd, .events = POLLOUT};
    poll(&fd, 1, SEND_LIMIT_MS);
    n = put(mac, bytes);
  }
  if (n == (ssize_t)bytes->len)
    mac->iface->tx_frames++;
  else
    mac->iface->tx_errors++;
}

/* Wait for as long as a frame takes on the line. */
static void pass(const struct pkt_mac *mac, uint32_t len) {
  const struct host_nic *nic = mac->config;
  uint64_t ns = (uint64_t)len * 8 * 1000000000 / nic->speed;
  struct timespec time = {.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
  nanosleep(&time, NULL);
}

/* Send over a line with a speed: one frame at a time, like a MAC with a single descriptor. */
static void *send_slowly(void *argument) {
  struct pkt_mac *mac = argument;
  struct host_nic_state *state = mac->state;
  struct pkt_frame *frame;
  struct pkt_bytes bytes;
  for (;;) {
    pthread_mutex_lock(&state->gate);
    while (!state->waiting && !state->ending)
      pthread_cond_wait(&state->work, &state->gate);
    bool ending = state->ending;
    state->waiting = false;
    pthread_mutex_unlock(&state->gate);
    if (ending)
      return NULL;
    while ((frame = pkt_tx_take(mac, &bytes)) != NULL) {
      pkt_os_wake(); /* TX has room */
      pass(mac, bytes.len);
      put_on_wire(mac, &bytes);
      pkt_completion_give(mac, frame);
      pkt_os_wake();
    }
  }
}

/* Signal to the sender that there are frames, or that it must end. */
static void signal_sender(struct host_nic_state *state, bool ending) {
  pthread_mutex_lock(&state->gate);
  state->waiting = true;
  state->ending |= ending;
  pthread_cond_signal(&state->work);
  pthread_mutex_unlock(&state->gate);
}

static void end_threads(struct host_nic_state *state, bool has_sender) {
  signal_sender(state, true);
  signal_fd(state->nudge);
  pthread_join(state->thread, NULL);
  if (has_sender)
    pthread_join(state->sender, NULL);
}

static int start_threads(struct pkt_mac *mac) {
  const struct host_nic *nic = mac->config;
  struct host_nic_state *state = mac->state;
  int error = pthread_create(&state->thread, NULL, run, mac);
  if (error == 0 && nic->speed != 0 && (error = pthread_create(&state->sender, NULL, send_slowly, mac)) != 0)
    end_threads(state, false);
  return -error;
}

static int watch(int epoll, int fd, uint32_t events, uint64_t which) {
  struct epoll_event event = {.events = events, .data.u64 = which};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* Open what the driver needs. On failure the caller closes what was opened. */
static int open_all(struct pkt_mac *mac, uint64_t which) {
  const struct host_nic *nic = mac->config;
  struct host_nic_state *state = mac->state;
  int result = make_tasks();
  if (result == 0 && state->fd < 0) /* not after a trap: see pkt_mac.restarting */
    result = state->fd = nic->open(nic->argument);
  if (result < 0)
    return result;
  if ((state->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0 ||
      (state->nudge = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0 || fcntl(state->fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
    return -errno;
  if ((result = watch(tasks, state->fd, EPOLLIN | EPOLLEXCLUSIVE, which)) < 0 ||
      (result = watch(state->epoll, state->fd, EPOLLIN | EPOLLEXCLUSIVE, 1)) < 0)
    return result;
  return watch(state->epoll, state->nudge, EPOLLIN, 0);
}

/* All but the descriptor, if the driver is to be started again. */
static void close_all(struct pkt_mac *mac) {
  struct host_nic_state *state = mac->state;
  const int all[] = {mac->restarting ? -1 : state->fd, state->epoll, state->nudge};
  if (state->fd >= 0)
    epoll_ctl(tasks, EPOLL_CTL_DEL, state->fd, NULL);
  for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
    if (all[i] >= 0)
      close(all[i]);
  pthread_mutex_destroy(&state->receiver);
  pthread_mutex_destroy(&state->gate);
  pthread_cond_destroy(&state->work);
  if (mac->restarting)
    return;
  free(state);
  mac->state = NULL;
}

static int start(struct pkt_mac *mac) {
  struct host_nic_state *before = mac->state;
  int fd = before != NULL ? before->fd : -1;
  if (before != NULL && !mac->restarting) /* it was not started again after a trap */
    close(fd), fd = -1;
  free(before);
  mac->state = NULL;
  unsigned which = 0;
  while (which < NICS && nics[which] != NULL)
    which++;
  struct host_nic_state *state = which < NICS ? calloc(1, sizeof(*state)) : NULL;
  if (state == NULL)
    return -ENOMEM;
  *state = (struct host_nic_state){.fd = fd, .epoll = -1, .nudge = -1};
  pthread_mutex_init(&state->receiver, NULL);
  pthread_mutex_init(&state->gate, NULL);
  pthread_cond_init(&state->work, NULL);
  mac->state = state;
  set_nic(which, mac);
  int result = open_all(mac, which);
  if (result == 0)
    result = start_threads(mac);
  if (result == 0)
    return 0;
  set_nic(which, NULL);
  mac->restarting = false;
  close_all(mac);
  return result;
}

static void stop(struct pkt_mac *mac) {
  const struct host_nic *nic = mac->config;
  for (unsigned i = 0; i < NICS; i++)
    if (nics[i] == mac)
      set_nic(i, NULL);
  end_threads(mac->state, nic->speed != 0);
  close_all(mac);
}

static void transmit(struct pkt_mac *mac) {
  const struct host_nic *nic = mac->config;
  struct pkt_frame *frame;
  struct pkt_bytes bytes;
  if (nic->speed != 0) {
    signal_sender(mac->state, false);
    return;
  }
  while ((frame = pkt_tx_take(mac, &bytes)) != NULL) {
    put_on_wire(mac, &bytes);
    pkt_completion_give(mac, frame);
  }
  tell_if_gone(mac);
}

uint64_t host_nic_overruns(void) {
  uint64_t sum = 0;
  pthread_mutex_lock(&nics_mutex);
  for (unsigned i = 0; i < NICS; i++) {
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof(memory);
    const struct host_nic_state *state = nics[i] == NULL ? NULL : nics[i]->state;
    if (state != NULL && getsockopt(state->fd, SOL_SOCKET, SO_MEMINFO, memory, &len) == 0)
      sum += memory[SK_MEMINFO_DROPS];
  }
  pthread_mutex_unlock(&nics_mutex);
  return sum;
}

static void set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  struct host_nic_state *state = mac->state;
  pthread_mutex_lock(&state->receiver);
  state->filter = *filter;
  if (filter->count > ADDRESSES)
    state->filter.all_multicast = true, state->filter.count = ADDRESSES;
  memcpy(state->addresses, filter->addresses, state->filter.count * sizeof(state->addresses[0]));
  pthread_mutex_unlock(&state->receiver);
}

/* The thread may sleep: see RELAX_US. */
static void look(struct pkt_mac *mac) {
  struct host_nic_state *state = mac->state;
  if (!__atomic_load_n(&state->gone, __ATOMIC_ACQUIRE))
    receive(mac, BURST_MAX);
}

const struct pkt_mac_ops host_nic_ops = {
    .name = "host-nic",
    .tx_offset = 0,
    .start = start,
    .stop = stop,
    .transmit = transmit,
    .set_filter = set_filter,
    .look = look,
};
