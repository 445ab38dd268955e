/* OpenCores Ethernet MAC. Register and bit names are the specification's.
 *
 * RX: descriptors rx_next to rx_next + rx_armed - 1 have a frame; the MAC fills them in this order. A good frame goes
 * to RX, and the frame of a bad reception is armed again; further frames come from FILL. TX: common/descriptors.h. */
#include "common/address.h"
#include "common/descriptors.h"
#include "common/phy.h"
#include <errno.h>
#include <pktsock/opencores.h>
#include <pktsock/os.h>
#include <pktsock/ring.h>

/* Number of descriptors in use; the MAC has 128. */
enum { OPENCORES_RX = 16, OPENCORES_TX = 8 };

/* mac->state. The rings are shared with the interrupt handler. */
struct opencores {
  struct pkt_frame *rx_frames[OPENCORES_RX]; /* the frame of each armed descriptor */
  struct pkt_frame *tx_frames[OPENCORES_TX];
  uint8_t rx_next, rx_armed; /* the next descriptor that the MAC fills; how many from it on have a frame */
  struct mac_tx tx;
  uint32_t moder; /* MODER without MODER_FULLD */
  struct phy phy;
};
static_assert(sizeof(struct opencores) <= sizeof(struct opencores_state), "OPENCORES_STATE_BYTES");

struct opencores_descriptor {
  volatile uint32_t status; /* length in the upper half */
  volatile uint32_t pointer;
};

struct opencores_registers {
  volatile uint32_t MODER, INT_SOURCE, INT_MASK, IPGT, IPGR1, IPGR2, PACKETLEN, COLLCONF, TX_BD_NUM, CTRLMODER;
  volatile uint32_t MIIMODER, MIICOMMAND, MIIADDRESS, MIITX_DATA, MIIRX_DATA, MIISTATUS;
  volatile uint32_t MAC_ADDR0, MAC_ADDR1, ETH_HASH0_ADR, ETH_HASH1_ADR, ETH_TXCTRL;
  uint32_t reserved[0x100 - 21];
  struct opencores_descriptor tx[OPENCORES_TX], rx[OPENCORES_RX];
};
static_assert(offsetof(struct opencores_registers, tx) == 0x400, "OpenCores MAC register map");

#define MODER_CRCEN 0x2000u
#define MODER_RST 0x800u
#define MODER_FULLD 0x400u
#define MODER_PRO 0x20u
#define MODER_IAM 0x10u /* compare the MAC's own address by hash too */
#define MODER_TXEN 0x2u
#define MODER_RXEN 0x1u
#define INT_BUSY 0x10u
#define INT_RXE 0x8u
#define INT_RXB 0x4u
#define INT_TXE 0x2u
#define INT_TXB 0x1u
#define INTERRUPTS (INT_BUSY | INT_RXE | INT_RXB | INT_TXE | INT_TXB)
#define IPGT_FULL_DUPLEX 0x15u
#define PACKETLEN_MINFL_64 (64u << 16)
#define MIICOMMAND_WCTRLDATA 4u
#define MIICOMMAND_RSTAT 2u
#define MIISTATUS_BUSY 2u
#define TX_RD 0x8000u /* the descriptor is the MAC's */
#define TX_IRQ 0x4000u
#define TX_WR 0x2000u /* the last descriptor */
#define TX_CRC 0x800u
#define TX_ERRORS 0x10du /* UR underrun, RL retries, LC late collision, CS carrier lost */
#define RX_E 0x8000u     /* the descriptor is the MAC's */
#define RX_IRQ 0x4000u
#define RX_WR 0x2000u
#define RX_TL 0x8u
#define RX_ERRORS 0x73u /* OR overrun, IS and DN symbols, CRC, LC late collision */
#define FCS_BYTES 4u

/* The limit of a wait for the MAC, in reads of a register: an MDIO access takes 26 us or more. */
#define WAIT_READS 100000u

static const struct opencores_config *config_of(const struct pkt_mac *mac) { return mac->config; }

static struct opencores_registers *registers(const struct pkt_mac *mac) {
  return (struct opencores_registers *)config_of(mac)->base;
}

/* From this length on (FCS included) a frame is too long. The MAC truncates received frames at this length; in QEMU it
 * then writes an FCS after a frame that is slightly shorter. */
static uint32_t too_long(const struct pkt_mac *mac) { return mac->frame_size - FCS_BYTES; }

/* ---- MDIO
 * --------------------------------------------------------------------------------------------------------- */

static int wait_for_mdio(struct opencores_registers *r) {
  for (uint32_t reads = 0; reads < WAIT_READS; reads++)
    if (!(r->MIISTATUS & MIISTATUS_BUSY))
      return 0;
  return -EIO;
}

static int mdio_read(struct pkt_mac *mac, unsigned phy, unsigned reg) {
  struct opencores_registers *r = registers(mac);
  r->MIIADDRESS = reg << 8 | phy;
  r->MIICOMMAND = MIICOMMAND_RSTAT;
  int error = wait_for_mdio(r);
  r->MIICOMMAND = 0;
  return error != 0 ? error : (int)(r->MIIRX_DATA & 0xffff);
}

static int mdio_write(struct pkt_mac *mac, unsigned phy, unsigned reg, uint16_t value) {
  struct opencores_registers *r = registers(mac);
  r->MIIADDRESS = reg << 8 | phy;
  r->MIITX_DATA = value;
  r->MIICOMMAND = MIICOMMAND_WCTRLDATA;
  int error = wait_for_mdio(r);
  r->MIICOMMAND = 0;
  return error;
}

static const struct phy_bus phy_bus = {.read = mdio_read, .write = mdio_write};

/* ---- Rings
 * -------------------------------------------------------------------------------------------------------- */

static void arm_one(struct pkt_mac *mac, struct pkt_frame *frame) {
  struct opencores *s = mac->state;
  unsigned index = (s->rx_next + s->rx_armed) % OPENCORES_RX;
  struct opencores_descriptor *d = &registers(mac)->rx[index];
  s->rx_frames[index] = frame;
  s->rx_armed++;
  d->pointer = (uint32_t)(uintptr_t)pkt_frame_buffer(mac, frame);
  d->status = RX_E | RX_IRQ | (index == OPENCORES_RX - 1 ? RX_WR : 0);
}

/* Take a frame from FILL for a descriptor; one descriptor is left for a frame that refill() has taken. */
static struct pkt_frame *take_empty(struct pkt_mac *mac) {
  const struct opencores *s = mac->state;
  return s->rx_armed < OPENCORES_RX - 1 ? pkt_fill_take(mac) : NULL;
}

static void arm_all(struct pkt_mac *mac) {
  struct pkt_frame *frame;
  for (unsigned left = OPENCORES_RX; left > 0 && (frame = take_empty(mac)) != NULL; left--)
    arm_one(mac, frame);
}

static void receive_one(struct pkt_mac *mac, struct pkt_frame *frame, uint32_t status) {
  uint32_t length = status >> 16;
  if (status & RX_ERRORS) {
    mac->iface->rx_errors++;
  } else if (status & RX_TL || length >= too_long(mac)) {
    mac->iface->rx_too_long++;
  } else if (length < PKT_ETH_HLEN + FCS_BYTES) {
    mac->iface->rx_too_short++;
  } else {
    pkt_rx_begin(mac, frame);
    pkt_rx_give(mac, frame, 0, length - FCS_BYTES);
    return;
  }
  arm_one(mac, frame);
}

static void receive(struct pkt_mac *mac) {
  struct opencores *s = mac->state;
  for (unsigned budget = s->rx_armed; budget > 0; budget--) { /* later frames raise another interrupt */
    uint32_t status = registers(mac)->rx[s->rx_next].status;
    if (status & RX_E)
      break;
    struct pkt_frame *frame = s->rx_frames[s->rx_next];
    s->rx_next = (s->rx_next + 1) % OPENCORES_RX;
    s->rx_armed--;
    receive_one(mac, frame, status);
  }
  arm_all(mac);
}

static void give_back_sent(struct pkt_mac *mac) {
  struct opencores *s = mac->state;
  for (unsigned left = mac_tx_busy(&s->tx, OPENCORES_TX); left > 0; left--) {
    unsigned index = s->tx.next;
    uint32_t status = registers(mac)->tx[index].status;
    if (status & TX_RD)
      break;
    if (status & TX_ERRORS)
      mac->iface->tx_errors++;
    else
      mac->iface->tx_frames++;
    pkt_completion_give(mac, s->tx_frames[index]);
    s->tx.next = (index + 1) % OPENCORES_TX;
  }
}

/* Give frames of TX to the MAC. False if all descriptors are in use and frames are left. */
static bool send(struct pkt_mac *mac) {
  struct opencores *s = mac->state;
  for (unsigned left = mac->tx.length; left > 0 && pkt_tx_pending(mac); left--) {
    if (mac_tx_is_full(&s->tx, OPENCORES_TX))
      return false;
    struct pkt_bytes bytes;
    struct pkt_frame *frame = pkt_tx_take(mac, &bytes);
    if (frame == NULL)
      continue;
    unsigned index = s->tx.put;
    struct opencores_descriptor *d = &registers(mac)->tx[index];
    s->tx_frames[index] = frame;
    d->pointer = (uint32_t)(uintptr_t)bytes.at;
    mac_tx_give(&s->tx, OPENCORES_TX, &d->status,
                bytes.len << 16 | TX_RD | TX_IRQ | TX_CRC | (index == OPENCORES_TX - 1 ? TX_WR : 0));
  }
  return true;
}

void opencores_interrupt(struct pkt_mac *mac) {
  struct opencores_registers *r = registers(mac);
  struct opencores *s = mac->state;
  uint32_t source = r->INT_SOURCE;
  r->INT_SOURCE = source;
  if (source & INT_BUSY) /* one interrupt for any number of lost frames: the MAC does not count them */
    mac->iface->rx_no_frame++;
  give_back_sent(mac);
  receive(mac);
  if (s->tx.waits && send(mac))
    s->tx.waits = false;
  pkt_os_wake();
}

/* ---- The contract's operations
 * ------------------------------------------------------------------------------------ */

static void opencores_transmit(struct pkt_mac *mac) {
  struct opencores *s = mac->state;
  mac_tx_transmit(mac, &s->tx, OPENCORES_TX, send);
}

static void need_not_notify(struct pkt_mac *mac) { (void)mac; }

static void opencores_refill(struct pkt_mac *mac) {
  const struct opencores *s = mac->state;
  if (s->rx_armed < OPENCORES_RX / 4) /* otherwise enough until the next reception */
    mac_rx_refill(mac, OPENCORES_RX, take_empty, arm_one, need_not_notify);
}

static void write_moder(struct pkt_mac *mac) {
  const struct opencores *s = mac->state;
  registers(mac)->MODER = s->moder | (s->phy.full_duplex ? MODER_FULLD : 0);
}

static void opencores_set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  struct opencores_registers *r = registers(mac);
  struct opencores *s = mac->state;
  uint32_t all = filter->all_multicast ? 0xffffffff : 0, hash[2] = {all, all};
  s->moder &= ~(MODER_PRO | MODER_IAM);
  if (filter->promiscuous)
    s->moder |= MODER_PRO;
  for (unsigned i = 0; i < filter->count; i++) {
    uint32_t bit = pkt_address_crc(filter->addresses[i]) >> 26;
    hash[bit >> 5] |= 1u << (bit & 31);
    if (!(filter->addresses[i][0] & 1))
      s->moder |= MODER_IAM;
  }
  if (s->moder & MODER_IAM) {
    uint32_t bit = pkt_address_crc(mac->hwaddr) >> 26;
    hash[bit >> 5] |= 1u << (bit & 31);
  }
  r->ETH_HASH0_ADR = hash[0];
  r->ETH_HASH1_ADR = hash[1];
  write_moder(mac);
}

static int opencores_start(struct pkt_mac *mac) {
  struct opencores_registers *r = registers(mac);
  struct opencores *s = mac->state;
  const uint8_t *a = mac->hwaddr;
  *s = (struct opencores){.moder = MODER_CRCEN | MODER_TXEN | MODER_RXEN,
                          .phy = mac->restarting ? phy_kept(&s->phy) : (struct phy){0}};
  r->MODER = MODER_RST;
  r->MODER = 0;
  r->INT_MASK = 0;
  r->INT_SOURCE = INTERRUPTS;
  r->MAC_ADDR0 = (uint32_t)a[2] << 24 | (uint32_t)a[3] << 16 | (uint32_t)a[4] << 8 | a[5];
  r->MAC_ADDR1 = (uint32_t)a[0] << 8 | a[1];
  if (r->MAC_ADDR1 != ((uint32_t)a[0] << 8 | a[1])) /* no MAC at this address */
    return -EIO;
  r->IPGT = IPGT_FULL_DUPLEX;
  r->PACKETLEN = PACKETLEN_MINFL_64 | too_long(mac);
  r->TX_BD_NUM = OPENCORES_TX;
  r->ETH_HASH0_ADR = 0;
  r->ETH_HASH1_ADR = 0;
  for (unsigned i = 0; i < OPENCORES_TX; i++)
    r->tx[i].status = 0;
  for (unsigned i = 0; i < OPENCORES_RX; i++)
    r->rx[i].status = 0;
  arm_all(mac);
  write_moder(mac);
  r->INT_MASK = INTERRUPTS;
  pkt_os_irq_enable(config_of(mac)->irq);
  return 0;
}

static void opencores_stop(struct pkt_mac *mac) {
  struct opencores_registers *r = registers(mac);
  pkt_os_irq_disable(config_of(mac)->irq);
  r->INT_MASK = 0;
  r->MODER = MODER_RST; /* stops the DMA at once */
  r->MODER = 0;
}

static void opencores_service(struct pkt_mac *mac) {
  struct opencores *s = mac->state;
  if (phy_service(&s->phy, mac, &phy_bus, config_of(mac)->phy_address) && phy_is_up(&s->phy))
    write_moder(mac);
}

static bool opencores_link(struct pkt_mac *mac) { return phy_is_up(&((struct opencores *)mac->state)->phy); }

const struct pkt_mac_ops opencores_ops = {
    .name = "OpenCores MAC",
    .tx_offset = 0,
    .start = opencores_start,
    .stop = opencores_stop,
    .transmit = opencores_transmit,
    .refill = opencores_refill,
    .set_filter = opencores_set_filter,
    .link = opencores_link,
    .service = opencores_service,
};
