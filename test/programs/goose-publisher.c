/* A GOOSE publisher (IEC 61850-8-1) in the shape of libiec61850's: a SOCK_RAW socket of ETH_P_ALL that is never bound and
 * never read, SIOCGIFINDEX and SIOCGIFHWADDR for the address, sendto() with a whole sockaddr_ll. Frames carry a VLAN tag.
 *
 * A boolean changes STATES times; each state is sent SENDINGS times, at growing distances. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ETH_P_GOOSE 0x88b8
#define APPID 0x1000
#define PRIORITY 4
#define STATES 3
#define SENDINGS 4

static const uint8_t group[ETH_ALEN] = {0x01, 0x0c, 0xcd, 0x01, 0x00, 0x01};
static int sd;
static struct sockaddr_ll address;
static uint8_t frame[256];
static size_t len;

static int fail(const char *what) {
  printf("FAIL %s: %s\n", what, strerror(errno));
  return 1;
}

/* ---- BER --------------------------------------------------------------------------------------------------------- */

static void put(const void *bytes, size_t n) {
  memcpy(frame + len, bytes, n);
  len += n;
}

static void put_byte(unsigned byte) { frame[len++] = (uint8_t)byte; }

static void put_16(unsigned value) {
  put_byte(value >> 8);
  put_byte(value);
}

static void put_text(unsigned tag, const char *text) {
  put_byte(tag);
  put_byte((unsigned)strlen(text));
  put(text, strlen(text));
}

/* An unsigned number in as few bytes as a signed one needs. */
static void put_number(unsigned tag, uint32_t value) {
  unsigned bytes = value < 0x80 ? 1 : value < 0x8000 ? 2 : value < 0x800000 ? 3 : 4;
  put_byte(tag);
  put_byte(bytes);
  while (bytes-- > 0)
    put_byte(value >> 8 * bytes);
}

static void put_pdu(uint32_t state, uint32_t sequence, bool value) {
  static const uint8_t time[] = {0x84, 8, 0, 0, 0, 0, 0, 0, 0, 0x0a};
  const uint8_t data[] = {0xab, 3, 0x83, 1, value ? 0xff : 0};
  put_byte(0x61);
  size_t length = len++;
  put_text(0x80, "dutIED/LLN0$GO$control");
  put_number(0x81, 2000);
  put_text(0x82, "dutIED/LLN0$data");
  put_text(0x83, "control");
  put(time, sizeof(time));
  put_number(0x85, state);
  put_number(0x86, sequence);
  put_number(0x87, 0); /* no simulation */
  put_number(0x88, 1);
  put_number(0x89, 0);
  put_number(0x8a, 1);
  put(data, sizeof(data));
  frame[length] = (uint8_t)(len - length - 1);
}

/* ---- */

static int open_socket(const char *interface, uint8_t *own) {
  struct ifreq ifr;
  sd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  if (sd == -1)
    return -1;
  memset(&ifr, 0, sizeof(ifr));
  strncpy(ifr.ifr_name, interface, IFNAMSIZ - 1);
  if (ioctl(sd, SIOCGIFINDEX, &ifr) == -1)
    return -1;
  address.sll_family = PF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = ifr.ifr_ifindex;
  address.sll_hatype = ARPHRD_ETHER;
  address.sll_pkttype = PACKET_OTHERHOST;
  address.sll_halen = ETH_ALEN;
  memcpy(address.sll_addr, group, ETH_ALEN);
  if (ioctl(sd, SIOCGIFHWADDR, &ifr) == -1)
    return -1;
  memcpy(own, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
  return 0;
}

static int publish(const uint8_t *own, uint32_t state, uint32_t sequence) {
  len = 0;
  put(group, ETH_ALEN);
  put(own, ETH_ALEN);
  put_16(ETH_P_8021Q);
  put_16(PRIORITY << 13);
  put_16(ETH_P_GOOSE);
  put_16(APPID);
  size_t length = len;
  put_16(0);
  put_16(0);
  put_16(0);
  put_pdu(state, sequence, state % 2 != 0);
  frame[length + 1] = (uint8_t)(len - length + 2); /* from the APPID on */
  ssize_t n = sendto(sd, frame, len, 0, (struct sockaddr *)&address, sizeof(address));
  return n == (ssize_t)len ? 0 : -1;
}

int main(void) {
  uint8_t own[ETH_ALEN];
  if (open_socket("eth0", own) < 0)
    return fail("cannot open the socket");
  printf("ready\n");
  for (uint32_t state = 1; state <= STATES; state++) {
    for (uint32_t sequence = 0; sequence < SENDINGS; sequence++) {
      if (publish(own, state, sequence) < 0)
        return fail("sendto");
      poll(NULL, 0, 4 << sequence);
    }
  }
  close(sd);
  printf("PASS\n");
  return 0;
}
