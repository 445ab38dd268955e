/* SmartFusion2 EMAC: Microsemi UG0331, chapter "Ethernet MAC". Register and bit names are the guide's.
 *
 * Descriptors are chained in a circle. The DMA of a direction runs until it meets a descriptor that is not its own; then it
 * stops, and is started with the address of the next one.
 *
 * RX: descriptors rx_next to rx_next + rx_armed - 1 have a frame; the MAC fills them in this order. A good frame goes to
 * RX, and the frame of a bad reception is armed again; further frames come from FILL. TX: common/descriptors.h; one
 * descriptor is always free, so that the DMA meets an end. */
#include "common/descriptors.h"
#include "common/dma.h"
#include "common/phy.h"
#include <errno.h>
#include <pktsock/msf2.h>
#include <pktsock/os.h>
#include <pktsock/ring.h>

enum { MSF2_RX = 10, MSF2_TX = 4 };

struct msf2_descriptor {
  volatile uint32_t address;
  volatile uint32_t size; /* and DESCRIPTOR_EMPTY */
  volatile uint32_t next;
};

/* mac->state. The rings are shared with the interrupt handler. */
struct msf2 {
  struct msf2_descriptor rx[MSF2_RX], tx[MSF2_TX];
  struct pkt_frame *rx_frames[MSF2_RX]; /* the frame of each armed descriptor */
  struct pkt_frame *tx_frames[MSF2_TX];
  uint8_t rx_next, rx_armed; /* the next descriptor that the MAC fills; how many from it on have a frame */
  struct mac_tx tx_ring;
  bool reported; /* that the MAC compares one address only */
  struct phy phy;
};
static_assert(sizeof(struct msf2) <= sizeof(struct msf2_state), "MSF2_STATE_BYTES");

struct msf2_registers {
  volatile uint32_t CFG1, CFG2, IFG, HALF_DUPLEX, MAX_FRAME_LENGTH, reserved0[2], TEST;
  volatile uint32_t MII_CONFIG, MII_COMMAND, MII_ADDRESS, MII_CTRL, MII_STATUS, MII_INDICATORS;
  volatile uint32_t INTERFACE_CTRL, INTERFACE_STATUS, STATION_ADDRESS1, STATION_ADDRESS2;
  volatile uint32_t FIFO_CFG0, FIFO_CFG1, FIFO_CFG2, FIFO_CFG3, FIFO_CFG4, FIFO_CFG5;
  uint32_t reserved1[(0x180 - 0x60) / 4];
  volatile uint32_t DMA_TX_CTRL, DMA_TX_DESC, DMA_TX_STATUS, DMA_RX_CTRL, DMA_RX_DESC, DMA_RX_STATUS;
  volatile uint32_t DMA_IRQ_MASK, DMA_IRQ;
};
static_assert(offsetof(struct msf2_registers, FIFO_CFG0) == 0x48, "EMAC register map");
static_assert(offsetof(struct msf2_registers, DMA_TX_CTRL) == 0x180, "EMAC register map");
static_assert(offsetof(struct msf2_registers, DMA_IRQ) == 0x19c, "EMAC register map");

#define CFG1_TX_ENABLE (1u << 0)
#define CFG1_RX_ENABLE (1u << 2)
#define CFG1_SOFT_RESET (1u << 31)
#define CFG2_FULL_DUPLEX (1u << 0)
#define CFG2_PAD_CRC (1u << 2)
#define CFG2_MODE_10_100 (1u << 8)
#define CFG2_PREAMBLE_7 (7u << 12)
#define CFG2_RESET_VALUE CFG2_PREAMBLE_7
#define MII_COMMAND_READ 1u
#define MII_INDICATORS_BUSY 1u
#define MII_CONFIG_CLOCK_28 7u /* the slowest MDC: the bus clock divided by 28 */
#define FIFO_CFG0_REQUEST (0x1fu << 8)
#define FIFO_CFG0_REPLY (0x1fu << 16)
#define FIFO_FILTER_MULTICAST (1u << 8)
#define FIFO_FILTER_ALL 0x3ffffu
#define DMA_ENABLE 1u
#define TX_STATUS_SENT (1u << 0)
#define TX_STATUS_UNDERRUN (1u << 1) /* the DMA has stopped: it met the end */
#define RX_STATUS_RECEIVED (1u << 0)
#define RX_STATUS_OVERFLOW (1u << 2) /* the DMA has stopped: a frame came, and no descriptor was its own */
#define IRQ_SENT (1u << 0)
#define IRQ_UNDERRUN (1u << 1)
#define IRQ_RECEIVED (1u << 4)
#define IRQ_OVERFLOW (1u << 6)
#define INTERRUPTS (IRQ_SENT | IRQ_UNDERRUN | IRQ_RECEIVED | IRQ_OVERFLOW)
#define DESCRIPTOR_EMPTY (1u << 31) /* RX: the MAC's; TX: not the MAC's */
#define DESCRIPTOR_SIZE 0x7ffu

/* The limit of a wait for the MAC, in reads of a register: an MDIO access takes 26 us or more. */
#define WAIT_READS 100000u

static const struct msf2_config *config_of(const struct pkt_mac *mac) { return mac->config; }

static struct msf2_registers *registers(const struct pkt_mac *mac) {
  return (struct msf2_registers *)config_of(mac)->base;
}

static uint32_t address_of(const volatile void *at) { return (uint32_t)(uintptr_t)at; }

/* Wait until the bits are as wanted. */
static int wait_for(const volatile uint32_t *reg, uint32_t mask, uint32_t wanted) {
  for (uint32_t reads = 0; reads < WAIT_READS; reads++)
    if ((*reg & mask) == wanted)
      return 0;
  return -EIO;
}

/* ---- MDIO ---- */

static int mdio_read(struct pkt_mac *mac, unsigned phy, unsigned reg) {
  struct msf2_registers *r = registers(mac);
  r->MII_ADDRESS = phy << 8 | reg;
  r->MII_COMMAND = 0;
  r->MII_COMMAND = MII_COMMAND_READ;
  int error = wait_for(&r->MII_INDICATORS, MII_INDICATORS_BUSY, 0);
  return error != 0 ? error : (int)(r->MII_STATUS & 0xffff);
}

static int mdio_write(struct pkt_mac *mac, unsigned phy, unsigned reg, uint16_t value) {
  struct msf2_registers *r = registers(mac);
  r->MII_ADDRESS = phy << 8 | reg;
  r->MII_CTRL = value;
  return wait_for(&r->MII_INDICATORS, MII_INDICATORS_BUSY, 0);
}

static const struct phy_bus phy_bus = {.read = mdio_read, .write = mdio_write};

/* ---- Rings ---- */

static void arm_one(struct pkt_mac *mac, struct pkt_frame *frame) {
  struct msf2 *s = mac->state;
  unsigned index = (s->rx_next + s->rx_armed) % MSF2_RX;
  s->rx_frames[index] = frame;
  s->rx_armed++;
  s->rx[index].address = address_of(pkt_frame_buffer(mac, frame));
  pkt_dma_barrier(); /* the MAC must not see the flag before the address */
  s->rx[index].size = DESCRIPTOR_EMPTY;
}

/* Count the frame that stopped the DMA: there is one for each stop. */
static void count_overflow(struct pkt_mac *mac) {
  struct msf2_registers *r = registers(mac);
  if (!(r->DMA_RX_STATUS & RX_STATUS_OVERFLOW))
    return;
  r->DMA_RX_STATUS = RX_STATUS_OVERFLOW;
  mac->iface->rx_no_frame++;
}

/* Take a frame from FILL for a descriptor; one descriptor is left for a frame that refill() has taken. */
static struct pkt_frame *take_empty(struct pkt_mac *mac) {
  const struct msf2 *s = mac->state;
  return s->rx_armed < MSF2_RX - 1 ? pkt_fill_take(mac) : NULL;
}

/* Start the DMA of reception if it has stopped. If the next descriptor is filled, an interrupt is pending that starts it
 * behind what is filled. */
static void resume_reception(struct pkt_mac *mac) {
  struct msf2_registers *r = registers(mac);
  struct msf2 *s = mac->state;
  const struct msf2_descriptor *d = &s->rx[s->rx_next];
  if ((r->DMA_RX_CTRL & DMA_ENABLE) || s->rx_armed == 0 || !(d->size & DESCRIPTOR_EMPTY))
    return;
  count_overflow(mac);
  pkt_dma_barrier();
  r->DMA_RX_DESC = address_of(d);
  r->DMA_RX_CTRL = DMA_ENABLE;
}

static void arm_all(struct pkt_mac *mac) {
  struct pkt_frame *frame;
  for (unsigned left = MSF2_RX; left > 0 && (frame = take_empty(mac)) != NULL; left--)
    arm_one(mac, frame);
  resume_reception(mac);
}

static void receive(struct pkt_mac *mac) {
  struct msf2 *s = mac->state;
  for (unsigned budget = s->rx_armed; budget > 0; budget--) { /* later frames raise another interrupt */
    uint32_t size = s->rx[s->rx_next].size, len = size & DESCRIPTOR_SIZE;
    if (size & DESCRIPTOR_EMPTY)
      break;
    struct pkt_frame *frame = s->rx_frames[s->rx_next];
    s->rx_next = (s->rx_next + 1) % MSF2_RX;
    s->rx_armed--;
    registers(mac)->DMA_RX_STATUS = RX_STATUS_RECEIVED; /* counts down */
    if (len < PKT_ETH_HLEN) {
      mac->iface->rx_too_short++;
      arm_one(mac, frame);
      continue;
    }
    pkt_rx_begin(mac, frame);
    pkt_rx_give(mac, frame, 0, len);
  }
  arm_all(mac);
}

static void give_back_sent(struct pkt_mac *mac) {
  struct msf2 *s = mac->state;
  for (unsigned left = mac_tx_busy(&s->tx_ring, MSF2_TX); left > 0; left--) {
    unsigned index = s->tx_ring.next;
    if (!(s->tx[index].size & DESCRIPTOR_EMPTY))
      break;
    registers(mac)->DMA_TX_STATUS = TX_STATUS_SENT; /* counts down */
    mac->iface->tx_frames++;
    pkt_completion_give(mac, s->tx_frames[index]);
    s->tx_ring.next = (index + 1) % MSF2_TX;
  }
}

/* Start the DMA of sending if it has stopped before the last frame. Interrupts are masked, or it is their handler. */
static void resume_sending(struct pkt_mac *mac) {
  struct msf2_registers *r = registers(mac);
  const struct msf2 *s = mac->state;
  if (r->DMA_TX_CTRL & DMA_ENABLE)
    return;
  for (unsigned i = s->tx_ring.next; i != s->tx_ring.put; i = (i + 1) % MSF2_TX) {
    if (s->tx[i].size & DESCRIPTOR_EMPTY) /* sent before it stopped */
      continue;
    pkt_dma_barrier();
    r->DMA_TX_DESC = address_of(&s->tx[i]);
    r->DMA_TX_CTRL = DMA_ENABLE;
    return;
  }
}

/* Give frames of TX to the MAC. False if all descriptors are in use and frames are left. */
static bool send(struct pkt_mac *mac) {
  struct msf2 *s = mac->state;
  for (unsigned left = mac->tx.length; left > 0 && pkt_tx_pending(mac); left--) {
    if (mac_tx_is_full(&s->tx_ring, MSF2_TX))
      return false;
    struct pkt_bytes bytes;
    struct pkt_frame *frame = pkt_tx_take(mac, &bytes);
    if (frame == NULL)
      continue;
    unsigned index = s->tx_ring.put;
    s->tx_frames[index] = frame;
    s->tx[index].address = address_of(bytes.at);
    pkt_dma_barrier(); /* frame and address must reach memory before the flag */
    mac_tx_give(&s->tx_ring, MSF2_TX, &s->tx[index].size, bytes.len);
  }
  return true;
}

void msf2_interrupt(struct pkt_mac *mac) {
  struct msf2_registers *r = registers(mac);
  struct msf2 *s = mac->state;
  r->DMA_TX_STATUS = TX_STATUS_UNDERRUN;
  count_overflow(mac);
  give_back_sent(mac);
  receive(mac);
  if (s->tx_ring.waits && send(mac))
    s->tx_ring.waits = false;
  resume_sending(mac);
  pkt_os_wake();
}

/* ---- The contract's operations ---- */

static bool send_and_start(struct pkt_mac *mac) {
  bool all = send(mac);
  uint32_t irqs = pkt_os_irq_save();
  resume_sending(mac);
  pkt_os_irq_restore(irqs);
  return all;
}

static void msf2_transmit(struct pkt_mac *mac) {
  struct msf2 *s = mac->state;
  mac_tx_transmit(mac, &s->tx_ring, MSF2_TX, send_and_start);
}

static void msf2_refill(struct pkt_mac *mac) {
  const struct msf2 *s = mac->state;
  if (s->rx_armed < MSF2_RX / 4) /* otherwise enough until the next reception */
    mac_rx_refill(mac, MSF2_RX, take_empty, arm_one, resume_reception);
}

static void write_mode(struct pkt_mac *mac) {
  const struct msf2 *s = mac->state;
  registers(mac)->CFG2 =
      CFG2_PREAMBLE_7 | CFG2_MODE_10_100 | CFG2_PAD_CRC | (s->phy.full_duplex ? CFG2_FULL_DUPLEX : 0);
}

static void msf2_set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  struct msf2_registers *r = registers(mac);
  struct msf2 *s = mac->state;
  bool multicast = filter->promiscuous || filter->all_multicast, others = filter->promiscuous;
  for (unsigned i = 0; i < filter->count; i++) {
    if (filter->addresses[i][0] & 1)
      multicast = true;
    else
      others = true;
  }
  r->FIFO_CFG4 = FIFO_FILTER_MULTICAST; /* drop multicast, ... */
  r->FIFO_CFG5 =
      multicast ? FIFO_FILTER_ALL : FIFO_FILTER_ALL & ~FIFO_FILTER_MULTICAST; /* ... unless it does not matter */
  if (others && !s->reported)
    pkt_say(mac, "this MAC receives unicast frames to its own address only; no promiscuous mode, no further addresses");
  s->reported |= others;
}

static int msf2_start(struct pkt_mac *mac) {
  struct msf2_registers *r = registers(mac);
  struct msf2 *s = mac->state;
  const uint8_t *a = mac->hwaddr;
  *s = (struct msf2){.phy = mac->restarting ? phy_kept(&s->phy) : (struct phy){0}};
  r->CFG1 = CFG1_SOFT_RESET;
  r->CFG1 = 0;
  if (r->CFG2 != CFG2_RESET_VALUE) /* no MAC at this address */
    return -EIO;
  r->FIFO_CFG0 = FIFO_CFG0_REQUEST;
  if (wait_for(&r->FIFO_CFG0, FIFO_CFG0_REPLY, FIFO_CFG0_REPLY) != 0)
    return -EIO;
  r->FIFO_CFG4 = FIFO_FILTER_MULTICAST;
  r->FIFO_CFG5 = FIFO_FILTER_ALL & ~FIFO_FILTER_MULTICAST;
  r->MII_CONFIG = MII_CONFIG_CLOCK_28;
  r->MAX_FRAME_LENGTH = mac->frame_size;
  r->STATION_ADDRESS1 = (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 | (uint32_t)a[2] << 8 | a[3];
  r->STATION_ADDRESS2 = (uint32_t)a[4] << 24 | (uint32_t)a[5] << 16;
  for (unsigned i = 0; i < MSF2_RX; i++)
    s->rx[i] = (struct msf2_descriptor){.next = address_of(&s->rx[(i + 1) % MSF2_RX])};
  for (unsigned i = 0; i < MSF2_TX; i++)
    s->tx[i] = (struct msf2_descriptor){.size = DESCRIPTOR_EMPTY, .next = address_of(&s->tx[(i + 1) % MSF2_TX])};
  write_mode(mac);
  r->CFG1 = CFG1_TX_ENABLE | CFG1_RX_ENABLE;
  r->DMA_IRQ_MASK = INTERRUPTS;
  arm_all(mac);
  pkt_os_irq_enable(config_of(mac)->irq);
  return 0;
}

static void msf2_stop(struct pkt_mac *mac) {
  struct msf2_registers *r = registers(mac);
  pkt_os_irq_disable(config_of(mac)->irq);
  r->DMA_TX_CTRL = 0;
  r->DMA_RX_CTRL = 0;
  r->CFG1 = CFG1_SOFT_RESET;
}

static void msf2_service(struct pkt_mac *mac) {
  struct msf2 *s = mac->state;
  if (phy_service(&s->phy, mac, &phy_bus, config_of(mac)->phy_address) && phy_is_up(&s->phy))
    write_mode(mac);
}

static bool msf2_link(struct pkt_mac *mac) { return phy_is_up(&((struct msf2 *)mac->state)->phy); }

const struct pkt_mac_ops msf2_ops = {
    .name = "SmartFusion2 MAC",
    .tx_offset = 0,
    .start = msf2_start,
    .stop = msf2_stop,
    .transmit = msf2_transmit,
    .refill = msf2_refill,
    .set_filter = msf2_set_filter,
    .link = msf2_link,
    .service = msf2_service,
};
