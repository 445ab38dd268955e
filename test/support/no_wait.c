/* BOARD=linux: a call that does not wait receives what came before it, also while the driver's thread rests. Each turn puts two
 * frames on the cable, lets one call wait for the first and asks for the second without waiting, in a different way each
 * time. Prints how many turns found it. The cable's other end, a UDP socket, is in this process: PKTSOCK_NIC is
 * udp:LOCALPORT:REMOTEPORT. */
#include <pktsock/pktsock.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { TURNS = 2000 };

static int other_end(void) {
  unsigned board, peer;
  if (sscanf(getenv("PKTSOCK_NIC"), "udp:%u:%u", &board, &peer) != 2)
    exit(2);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  address.sin_port = htons((uint16_t)peer);
  if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    exit(3);
  address.sin_port = htons((uint16_t)board);
  if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    exit(4);
  return fd;
}

static bool is_there(int fd, unsigned how) {
  unsigned char frame[1514];
  int bytes = 0;
  struct pktsock_pollfd poll = {.fd = fd, .events = PKTSOCK_POLLIN};
  switch (how) {
  case 0: return pktsock_recv(fd, frame, sizeof(frame), PKTSOCK_MSG_DONTWAIT) == 60;
  case 1: return pktsock_poll(&poll, 1, 0) == 1;
  case 2: return pktsock_ioctl(fd, PKTSOCK_FIONREAD, &bytes) == 0 && bytes == 60;
  default: return pktsock_recv(fd, frame, sizeof(frame), PKTSOCK_MSG_DONTWAIT | PKTSOCK_MSG_PEEK) == 60;
  }
}

int main(void) {
  static const unsigned char wire[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 0x88, 0xb5};
  unsigned char frame[1514];
  unsigned found = 0;
  int cable = other_end(), fd = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, htons(0x0003));
  for (unsigned turn = 0; turn < TURNS; turn++) {
    for (int i = 0; i < 2; i++)
      if (send(cable, wire, sizeof(wire), 0) != sizeof(wire))
        return 5;
    if (pktsock_recv(fd, frame, sizeof(frame), 0) != 60)
      return 6;
    found += is_there(fd, turn % 4);
    if (turn % 4 != 0 && pktsock_recv(fd, frame, sizeof(frame), 0) != 60)
      return 7;
  }
  printf("found %u of %u\n", found, TURNS);
  return 0;
}
