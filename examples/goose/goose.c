/* Publishes a boolean by GOOSE (IEC 61850-8-1): at once when it changes, then again and again at growing distances. The
 * boolean stands for a digital input: a frame of a local EtherType changes it. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>

#define ETH_P_GOOSE 0x88b8
#define ETH_P_INPUT 0x88b5 /* IEEE 802: for local experiments */
#define INTERFACE "eth0"
#define VLAN_PRIORITY 4
#define APPID 0x1000

/* The distance to the next message: it doubles until it is the last one. In ms. */
enum { FIRST_DISTANCE = 4, LAST_DISTANCE = 1024 };

static const unsigned char group[ETH_ALEN] = {0x01, 0x0c, 0xcd, 0x01, 0x00, 0x01};

struct message {
  uint32_t state, sequence; /* stNum, sqNum */
  bool value;
};

/* ---- The frame ------------------------------------------------------------------------------------------------------ */

struct writer {
  unsigned char bytes[256];
  size_t len;
};

static void put(struct writer *out, const void *bytes, size_t len) {
  memcpy(out->bytes + out->len, bytes, len);
  out->len += len;
}

static void put_16(struct writer *out, unsigned value) {
  put(out, (const unsigned char[]){(unsigned char)(value >> 8), (unsigned char)value}, 2);
}

/* BER: tag, length, value. */
static void put_element(struct writer *out, unsigned tag, const void *value, size_t len) {
  put(out, (const unsigned char[]){(unsigned char)tag, (unsigned char)len}, 2);
  put(out, value, len);
}

static void put_text(struct writer *out, unsigned tag, const char *text) { put_element(out, tag, text, strlen(text)); }

/* An unsigned number, in as few bytes as a signed one needs. */
static void put_number(struct writer *out, unsigned tag, uint32_t value) {
  unsigned len = value < 0x80 ? 1 : value < 0x8000 ? 2 : value < 0x800000 ? 3 : value < 0x80000000 ? 4 : 5;
  unsigned char bytes[5];
  for (unsigned i = 0; i < len; i++)
    bytes[i] = (unsigned char)((uint64_t)value >> 8 * (len - 1 - i));
  put_element(out, tag, bytes, len);
}

static void put_message(struct writer *out, const struct message *message) {
  struct writer pdu = {.len = 0};
  const unsigned char no_time[8] = {0}, value[] = {0x83, 1, message->value ? 0xff : 0};
  put_text(&pdu, 0x80, "board/LLN0$GO$input"); /* gocbRef */
  put_number(&pdu, 0x81, 2 * LAST_DISTANCE);   /* timeAllowedtoLive */
  put_text(&pdu, 0x82, "board/LLN0$inputs");   /* datSet */
  put_text(&pdu, 0x83, "input");               /* goID */
  put_element(&pdu, 0x84, no_time, sizeof(no_time));
  put_number(&pdu, 0x85, message->state);
  put_number(&pdu, 0x86, message->sequence);
  put_number(&pdu, 0x87, 0); /* no simulation */
  put_number(&pdu, 0x88, 1); /* confRev */
  put_number(&pdu, 0x89, 0); /* needs no commissioning */
  put_number(&pdu, 0x8a, 1); /* one entry */
  put_element(&pdu, 0xab, value, sizeof(value));

  put_16(out, APPID);
  put_16(out, (unsigned)pdu.len + 10); /* from the APPID on, with the outer tag and its length */
  put_16(out, 0);
  put_16(out, 0);
  put_element(out, 0x61, pdu.bytes, pdu.len);
}

static int publish(int sd, const unsigned char *own, const struct message *message) {
  struct writer frame = {.len = 0};
  put(&frame, group, ETH_ALEN);
  put(&frame, own, ETH_ALEN);
  put_16(&frame, ETH_P_8021Q);
  put_16(&frame, VLAN_PRIORITY << 13);
  put_16(&frame, ETH_P_GOOSE);
  put_message(&frame, message);
  return send(sd, frame.bytes, frame.len, 0) < 0 ? -1 : 0;
}

/* ---- The publisher -------------------------------------------------------------------------------------------------- */

int main(void) {
  struct sockaddr_ll own = {
      .sll_family = AF_PACKET,
      .sll_protocol = htons(ETH_P_INPUT),
      .sll_ifindex = (int)if_nametoindex(INTERFACE),
  };
  socklen_t own_len = sizeof(own);
  int sd = socket(AF_PACKET, SOCK_RAW, 0);
  if (sd < 0 || bind(sd, (struct sockaddr *)&own, sizeof(own)) < 0 ||
      getsockname(sd, (struct sockaddr *)&own, &own_len) < 0) {
    perror(INTERFACE);
    return 1;
  }

  struct message message = {.state = 1, .sequence = 0, .value = false};
  for (int distance = FIRST_DISTANCE;;) {
    if (publish(sd, own.sll_addr, &message) < 0)
      perror("publish");
    if (message.sequence == 0)
      printf("state %u: %s\n", (unsigned)message.state, message.value ? "on" : "off");
    message.sequence++;

    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(sd, &readable);
    struct timeval wait = {.tv_sec = distance / 1000, .tv_usec = distance % 1000 * 1000};
    if (select(sd + 1, &readable, NULL, NULL, &wait) > 0) {
      unsigned char input[ETH_FRAME_LEN];
      recv(sd, input, sizeof(input), MSG_DONTWAIT);
      message = (struct message){.state = message.state + 1, .sequence = 0, .value = !message.value};
      distance = FIRST_DISTANCE;
    } else if (distance < LAST_DISTANCE) {
      distance *= 2;
    }
  }
}
