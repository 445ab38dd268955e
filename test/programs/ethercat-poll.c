/* An EtherCAT master that polls, in the shape of SOEM's network driver: one SOCK_RAW socket of EtherCAT's EtherType, made
 * promiscuous with SIOCSIFFLAGS; SO_RCVTIMEO and SO_SNDTIMEO of 1 us, SO_DONTROUTE, send() and recv(), and ppoll() for 50 us.
 * Answers are sorted by the index in their first datagram, and what is lost is sent again.
 *
 * It counts the slaves (BRD), asks for two things at once, and exchanges process data (LRW) CYCLES times. */
#define _GNU_SOURCE /* for ppoll() */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define ETH_P_ECAT 0x88a4
#define CYCLES 10
#define DATA_BYTES 8
#define BUFFERS 4
#define TRIES 8000 /* of 50 us */
#define SENDINGS 5
#define NO_FRAME (-1)

enum { BRD = 7, LRW = 12 };

/* Places in a frame with one datagram; its fields are little-endian. */
enum { LENGTH = 14, COMMAND = 16, INDEX = 17, ADDRESS = 18, DATA_LEN = 22, DATA = 26 };

static struct buffer {
  enum { EMPTY, SENT, RECEIVED } state;
  uint8_t frame[DATA + 32 + 2];
  size_t len;
} buffers[BUFFERS];

static int sd;
static unsigned resent, unknown;

static int fail(const char *what) {
  printf("FAIL %s: %s\n", what, strerror(errno));
  return 1;
}

static int open_port(const char *name) {
  struct timeval timeout = {.tv_sec = 0, .tv_usec = 1};
  struct ifreq ifr;
  int on = 1, r = 0;
  sd = socket(PF_PACKET, SOCK_RAW, htons(ETH_P_ECAT));
  if (sd < 0)
    return -1;
  r |= setsockopt(sd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  r |= setsockopt(sd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  r |= setsockopt(sd, SOL_SOCKET, SO_DONTROUTE, &on, sizeof(on));
  memset(&ifr, 0, sizeof(ifr));
  strcpy(ifr.ifr_name, name);
  r |= ioctl(sd, SIOCGIFINDEX, &ifr);
  int ifindex = ifr.ifr_ifindex;
  strcpy(ifr.ifr_name, name);
  ifr.ifr_flags = 0;
  r |= ioctl(sd, SIOCGIFFLAGS, &ifr);
  ifr.ifr_flags = (short)(ifr.ifr_flags | IFF_PROMISC | IFF_BROADCAST);
  r |= ioctl(sd, SIOCSIFFLAGS, &ifr);
  struct sockaddr_ll sll = {.sll_family = AF_PACKET, .sll_ifindex = ifindex, .sll_protocol = htons(ETH_P_ECAT)};
  r |= bind(sd, (struct sockaddr *)&sll, sizeof(sll));
  return r;
}

/* A frame with one datagram for all slaves, with the source address by which one knows whether it has been round. */
static void prepare(uint8_t index, uint8_t command, uint32_t address, const void *data, size_t len) {
  static const uint8_t header[] = {255, 255, 255, 255, 255, 255, 1, 1, 1, 1, 1, 1, ETH_P_ECAT >> 8, ETH_P_ECAT & 0xff};
  struct buffer *b = &buffers[index];
  memset(b->frame, 0, sizeof(b->frame));
  memcpy(b->frame, header, sizeof(header));
  b->frame[LENGTH] = (uint8_t)(12 + len);
  b->frame[LENGTH + 1] = 0x10;
  b->frame[COMMAND] = command;
  b->frame[INDEX] = index;
  for (int i = 0; i < 4; i++)
    b->frame[ADDRESS + i] = (uint8_t)(address >> 8 * i);
  b->frame[DATA_LEN] = (uint8_t)len;
  memcpy(b->frame + DATA, data, len);
  b->len = DATA + len + 2;
}

static int transmit(uint8_t index) {
  buffers[index].state = SENT;
  return send(sd, buffers[index].frame, buffers[index].len, 0) == (ssize_t)buffers[index].len ? 0 : -1;
}

/* One look at the socket. True: the answer with this index is there. */
static int look(uint8_t index) {
  static uint8_t frame[ETH_FRAME_LEN];
  ssize_t n = recv(sd, frame, sizeof(frame), 0);
  if (n >= (ssize_t)DATA && frame[12] == ETH_P_ECAT >> 8 && frame[13] == (ETH_P_ECAT & 0xff)) {
    uint8_t i = frame[INDEX];
    if (i < BUFFERS && buffers[i].state == SENT && n >= (ssize_t)buffers[i].len && (frame[6] & 2) != 0) {
      memcpy(buffers[i].frame, frame, buffers[i].len);
      buffers[i].state = RECEIVED;
    } else {
      unknown++;
    }
  }
  return buffers[index].state == RECEIVED;
}

/* The working counter of the answer, or NO_FRAME. */
static int wait_for(uint8_t index) {
  for (int i = 0; i < TRIES; i++) {
    struct timespec timeout = {.tv_sec = 0, .tv_nsec = 50 * 1000};
    struct pollfd fd = {.fd = sd, .events = POLLIN};
    int ready = buffers[index].state == RECEIVED ? 1 : ppoll(&fd, 1, &timeout, NULL);
    if (ready < 0)
      return NO_FRAME;
    if (ready > 0 && look(index)) {
      const struct buffer *b = &buffers[index];
      return b->frame[b->len - 2] | b->frame[b->len - 1] << 8;
    }
  }
  return NO_FRAME;
}

static int exchange(uint8_t index, uint8_t command, uint32_t address, const void *data, size_t len) {
  int counter = NO_FRAME;
  for (int i = 0; i < SENDINGS && counter == NO_FRAME; i++) {
    prepare(index, command, address, data, len);
    if (transmit(index) < 0)
      return NO_FRAME;
    resent += i > 0;
    counter = wait_for(index);
  }
  return counter;
}

int main(void) {
  uint8_t zero[2] = {0}, outputs[DATA_BYTES];
  if (open_port("eth0") != 0)
    return fail("cannot open the port");
  printf("ready\n");
  int slaves = exchange(0, BRD, 0x00000000, zero, 1);
  printf("slaves %d\n", slaves);

  /* Two frames are in flight: the second may well return first. */
  prepare(1, BRD, 0x01300000, zero, 2);
  memset(outputs, 0, sizeof(outputs));
  prepare(2, LRW, 0x00010000, outputs, sizeof(outputs));
  if (transmit(1) < 0 || transmit(2) < 0)
    return fail("cannot send two frames");
  int state = wait_for(1), data = wait_for(2);
  printf("state of %d is %d, data of %d\n", state, buffers[1].frame[DATA], data);

  for (int cycle = 1; cycle <= CYCLES; cycle++) {
    memset(outputs, cycle, sizeof(outputs));
    int counter = exchange((uint8_t)(cycle % BUFFERS), LRW, 0x00010000, outputs, sizeof(outputs));
    const uint8_t *inputs = buffers[cycle % BUFFERS].frame + DATA;
    if (counter != 3 * slaves || inputs[0] != (uint8_t)~cycle || inputs[DATA_BYTES - 1] != (uint8_t)~cycle) {
      printf("FAIL cycle %d: working counter %d, input %u\n", cycle, counter, inputs[0]);
      return 1;
    }
  }
  printf("sent again %u, unknown %u\n", resent, unknown);
  if (close(sd) < 0)
    return fail("close");
  printf("PASS\n");
  return 0;
}
