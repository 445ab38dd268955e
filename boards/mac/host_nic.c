/* The MAC of BOARD=linux: see host_nic.h. */
#include <pktsock/host_nic.h>

#include <pktsock/os.h>
#include <pktsock/ring.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Received frames for which one wake-up suffices. */
enum { BURST_MAX = 8 };

struct host_nic_state {
  int fd;
  int quit; /* an eventfd that ends the thread */
  pthread_t thread;
  pthread_t sender;     /* of a line with a speed; */
  pthread_mutex_t gate; /* guards the two flags below */
  pthread_cond_t work;
  bool waiting, ending; /* there may be frames to send; the thread must end */
  struct pkt_mac_filter filter;
  uint8_t addresses[64][6];
};

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

/* Move one frame from the descriptor to the RX ring. False when the descriptor has none. */
static bool receive(struct pkt_mac *mac) {
  struct host_nic_state *state = mac->state;
  struct pkt_iface *iface = mac->iface;
  uint8_t bytes[2048 + 1];
  ssize_t n = read(state->fd, bytes, sizeof(bytes));
  if (n < 0)
    return errno == ECONNREFUSED || errno == EINTR; /* the other end of the cable is not there yet */
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
  struct pkt_frame *frame = pkt_fill_take(mac);
  if (frame == NULL) {
    iface->rx_no_frame++;
    return true;
  }
  memcpy(pkt_frame_buffer(mac, frame), bytes, (size_t)n);
  frame->flags = 0;
  if (iface->stamping != 0) {
    pkt_os_time(&frame->sec, &frame->nsec);
    frame->flags = PKT_FRAME_STAMPED;
  }
  pkt_rx_give(mac, frame, 0, (uint32_t)n);
  return true;
}

static void *run(void *argument) {
  struct pkt_mac *mac = argument;
  struct host_nic_state *state = mac->state;
  struct pollfd fds[2] = {{.fd = state->fd, .events = POLLIN}, {.fd = state->quit, .events = POLLIN}};
  for (;;) {
    if (poll(fds, 2, -1) < 0 && errno != EINTR)
      return NULL;
    if (fds[1].revents != 0)
      return NULL;
    if (fds[0].revents != 0) { /* a burst wakes once, as after a real MAC's interrupt */
      for (unsigned frames = 1; receive(mac) && frames < BURST_MAX && poll(fds, 1, 0) == 1; frames++) {
      }
      pkt_os_wake();
    }
  }
}

static void put_on_wire(struct pkt_mac *mac, const struct pkt_frame *frame) {
  struct host_nic_state *state = mac->state;
  uint32_t len = pkt_tx_bytes(frame);
  ssize_t n = write(state->fd, mac->memory + frame->mac, len);
  if (n < 0 && errno == ECONNREFUSED) /* this error belongs to an earlier datagram */
    n = write(state->fd, mac->memory + frame->mac, len);
  if (n == (ssize_t)len)
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
  for (;;) {
    pthread_mutex_lock(&state->gate);
    while (!state->waiting && !state->ending)
      pthread_cond_wait(&state->work, &state->gate);
    bool ending = state->ending;
    state->waiting = false;
    pthread_mutex_unlock(&state->gate);
    if (ending)
      return NULL;
    while ((frame = pkt_tx_take(mac)) != NULL) {
      pkt_os_wake(); /* TX has room */
      pass(mac, pkt_tx_bytes(frame));
      put_on_wire(mac, frame);
      pkt_completion_give(mac, frame);
      pkt_os_wake();
    }
  }
}

/* Signal to the sender that there are frames, or that it must end. */
static void signal_sender(struct host_nic_state *state, bool ending) {
  pthread_mutex_lock(&state->gate);
  state->waiting = true;
  state->ending = ending;
  pthread_cond_signal(&state->work);
  pthread_mutex_unlock(&state->gate);
}

static int start_threads(struct pkt_mac *mac) {
  const struct host_nic *nic = mac->config;
  struct host_nic_state *state = mac->state;
  pthread_mutex_init(&state->gate, NULL);
  pthread_cond_init(&state->work, NULL);
  int error = pthread_create(&state->thread, NULL, run, mac);
  if (error == 0 && nic->speed != 0)
    error = pthread_create(&state->sender, NULL, send_slowly, mac);
  return -error;
}

static int start(struct pkt_mac *mac) {
  const struct host_nic *nic = mac->config;
  struct host_nic_state *state = calloc(1, sizeof(*state));
  if (state == NULL)
    return -ENOMEM;
  state->fd = nic->open(nic->argument);
  state->quit = eventfd(0, EFD_CLOEXEC);
  mac->state = state;
  int result = state->fd < 0 ? state->fd : state->quit < 0 ? -errno : start_threads(mac);
  if (result == 0)
    return 0;
  if (state->fd >= 0)
    close(state->fd);
  if (state->quit >= 0)
    close(state->quit);
  free(state);
  return result;
}

static void stop(struct pkt_mac *mac) {
  const struct host_nic *nic = mac->config;
  struct host_nic_state *state = mac->state;
  uint64_t one = 1;
  if (nic->speed != 0) {
    signal_sender(state, true);
    pthread_join(state->sender, NULL);
  }
  if (write(state->quit, &one, sizeof(one)) == sizeof(one))
    pthread_join(state->thread, NULL);
  close(state->fd);
  close(state->quit);
  free(state);
}

static void transmit(struct pkt_mac *mac) {
  const struct host_nic *nic = mac->config;
  struct pkt_frame *frame;
  if (nic->speed != 0) {
    signal_sender(mac->state, false);
    return;
  }
  while ((frame = pkt_tx_take(mac)) != NULL) {
    put_on_wire(mac, frame);
    pkt_completion_give(mac, frame);
  }
}

static void set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  struct host_nic_state *state = mac->state;
  state->filter = *filter;
  if (filter->count > 64)
    state->filter.all_multicast = true, state->filter.count = 64;
  memcpy(state->addresses, filter->addresses, state->filter.count * sizeof(state->addresses[0]));
}

const struct pkt_mac_ops host_nic_ops = {
    .name = "host-nic",
    .tx_offset = 0,
    .start = start,
    .stop = stop,
    .transmit = transmit,
    .set_filter = set_filter,
};
