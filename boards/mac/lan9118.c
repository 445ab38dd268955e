/* LAN9118: a MAC with two FIFOs and no DMA. The interrupt handler drains received frames into frames of FILL.
 * transmit() writes frames into the TX FIFO; a frame goes to COMPLETION as soon as it is there. Each FIFO has eight
 * consecutive addresses. Register and bit names are the datasheet's. */
#include "common/address.h"
#include "common/fifo.h"
#include <errno.h>
#include <pktsock/lan9118.h>
#include <pktsock/os.h>
#include <pktsock/ring.h>

/* mac->state */
struct lan9118 {
  volatile bool tx_waits;     /* the TX FIFO was full: the interrupt handler sends the rest */
  volatile bool link_changed; /* the PHY reported a change: service() reads it */
  bool link_up;
  bool full_duplex;
  uint32_t mac_cr; /* MAC_CR without MAC_CR_FDPX */
};
static_assert(sizeof(struct lan9118) <= sizeof(struct lan9118_state), "LAN9118_STATE_BYTES");

struct lan9118_registers {
  volatile uint32_t RX_DATA_FIFO[8], TX_DATA_FIFO[8];
  volatile uint32_t RX_STATUS, RX_STATUS_PEEK, TX_STATUS, TX_STATUS_PEEK;
  volatile uint32_t ID_REV, IRQ_CFG, INT_STS, INT_EN, reserved0, BYTE_TEST, FIFO_INT;
  volatile uint32_t RX_CFG, TX_CFG, HW_CFG, RX_DP_CTL, RX_FIFO_INF, TX_FIFO_INF, PMT_CTRL;
  volatile uint32_t GPIO_CFG, GPT_CFG, GPT_CNT, reserved1, WORD_SWAP, FREE_RUN, RX_DROP;
  volatile uint32_t MAC_CSR_CMD, MAC_CSR_DATA, AFC_CFG, E2P_CMD, E2P_DATA;
};
static_assert(offsetof(struct lan9118_registers, E2P_DATA) == 0xb4, "LAN9118 register map");

#define IRQ_CFG_IRQ_EN 0x100u
#define IRQ_CFG_IRQ_POL 0x10u /* active high, ... */
#define IRQ_CFG_IRQ_TYPE 0x1u /* ... push-pull */
#define INT_PHY 0x40000u      /* the PHY's: the link has changed */
#define INT_TDFA 0x200u       /* room in the TX data FIFO */
#define INT_RSFL 0x8u         /* a frame in the RX FIFO */
#define BYTE_TEST_VALUE 0x87654321u
/* The levels that raise TDFA (free bytes, in units of 64) and RSFL (frames; 0: at least one). */
#define FIFO_INT_LEVELS(bytes) (((bytes) / 64 + 1) << 24)
#define TX_CFG_TX_ON 2u
#define HW_CFG_SRST 1u
#define HW_CFG_SF 0x100000u             /* "must be set" */
#define HW_CFG_TX_FIF_SZ_5KB (5u << 16) /* the reset value: 4608 bytes for TX data, 10560 for RX data */
#define PMT_CTRL_READY 1u
#define RX_FIFO_INF_RXSUSED(info) ((info) >> 16 & 0xff)
#define TX_FIFO_INF_TXSUSED 0xff0000u
#define TX_FIFO_INF_TDFREE 0xffffu
#define RX_STATUS_LENGTH(status) ((status) >> 16 & 0x3fff) /* FCS included */
#define RX_STATUS_ES 0x8000u
#define TX_STATUS_ES 0x8000u
#define TX_CMD_A_FIRST_SEG 0x2000u
#define TX_CMD_A_LAST_SEG 0x1000u
#define TX_CMD_BYTES 8u
#define FCS_BYTES 4u

#define MAC_CSR_BUSY 0x80000000u
#define MAC_CSR_READ 0x40000000u
enum { MAC_CR = 1, ADDRH, ADDRL, HASHH, HASHL, MII_ACC, MII_DATA };
#define MAC_CR_FDPX 0x100000u
#define MAC_CR_MCPAS 0x80000u
#define MAC_CR_PRMS 0x40000u
#define MAC_CR_HO 0x8000u
#define MAC_CR_HPFILT 0x2000u
#define MAC_CR_TXEN 0x8u
#define MAC_CR_RXEN 0x4u
#define MII_ACC_PHY (1u << 11)
#define MII_ACC_BUSY 1u

#define MII_ACC_WRITE 2u
enum { PHY_BCR = 0, PHY_BSR = 1, PHY_ANAR = 4, PHY_ANLPAR = 5, PHY_INT_SOURCE = 29, PHY_INT_MASK = 30 };
#define PHY_BCR_ANEN_RESTART 0x1200u
#define PHY_BSR_LINK 0x4u
#define PHY_INT_NEGOTIATED 0x40u
#define PHY_INT_LINK_DOWN 0x10u
#define PHY_AN_100FD 0x100u
#define PHY_AN_100HD 0x80u
#define PHY_AN_10FD 0x40u

/* The limit of a wait for the chip, in reads of a register: at least a tenth of a second. */
#define WAIT_READS 1000000u
/* The limit of a wait for a transfer to the PHY, which takes 25 us, in polls. */
#define MII_TRIES 1000u

static struct lan9118_registers *registers(const struct pkt_mac *mac) {
  return (struct lan9118_registers *)((const struct lan9118_config *)mac->config)->base;
}

/* Wait until the bits of `mask` read as `value`. */
static int wait_for(const volatile uint32_t *reg, uint32_t mask, uint32_t value) {
  for (uint32_t reads = 0; reads < WAIT_READS; reads++)
    if ((*reg & mask) == value)
      return 0;
  return -EIO;
}

static int csr_write(struct lan9118_registers *r, uint32_t csr, uint32_t value) {
  r->MAC_CSR_DATA = value;
  r->MAC_CSR_CMD = MAC_CSR_BUSY | csr;
  return wait_for(&r->MAC_CSR_CMD, MAC_CSR_BUSY, 0);
}

static int csr_read(struct lan9118_registers *r, uint32_t csr, uint32_t *value) {
  r->MAC_CSR_CMD = MAC_CSR_BUSY | MAC_CSR_READ | csr;
  int error = wait_for(&r->MAC_CSR_CMD, MAC_CSR_BUSY, 0);
  *value = r->MAC_CSR_DATA;
  return error;
}

static int mii_wait(struct lan9118_registers *r) {
  for (uint32_t tries = 0; tries < MII_TRIES; tries++) {
    uint32_t busy;
    int error = csr_read(r, MII_ACC, &busy);
    if (error != 0 || !(busy & MII_ACC_BUSY))
      return error;
  }
  return -EIO;
}

/* Read a PHY register: its value, or -EIO. */
static int phy_read(struct lan9118_registers *r, uint32_t number) {
  uint32_t value = 0;
  int error = csr_write(r, MII_ACC, MII_ACC_PHY | number << 6 | MII_ACC_BUSY);
  if (error == 0)
    error = mii_wait(r);
  if (error == 0)
    error = csr_read(r, MII_DATA, &value);
  return error != 0 ? error : (int)(value & 0xffff);
}

static int phy_write(struct lan9118_registers *r, uint32_t number, uint32_t value) {
  int error = csr_write(r, MII_DATA, value);
  if (error == 0)
    error = csr_write(r, MII_ACC, MII_ACC_PHY | number << 6 | MII_ACC_WRITE | MII_ACC_BUSY);
  return error != 0 ? error : mii_wait(r);
}

/* The MAC's hash of an address: the upper six bits of its CRC. */
static uint32_t address_hash(const uint8_t *address) { return pkt_address_crc(address) >> 26; }

static int write_mac_cr(struct pkt_mac *mac) {
  const struct lan9118 *state = mac->state;
  return csr_write(registers(mac), MAC_CR, state->mac_cr | (state->full_duplex ? MAC_CR_FDPX : 0));
}

static void lan9118_set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  struct lan9118_registers *r = registers(mac);
  struct lan9118 *state = mac->state;
  uint32_t hash[2] = {0, 0}, mode = 0;
  for (unsigned i = 0; i < filter->count; i++) {
    uint32_t bit = address_hash(filter->addresses[i]);
    hash[bit >> 5] |= 1u << (bit & 31);
    mode |= filter->addresses[i][0] & 1 ? MAC_CR_HPFILT : MAC_CR_HPFILT | MAC_CR_HO;
  }
  if (mode & MAC_CR_HO) { /* with further unicast addresses, the MAC compares all by hash, its own too */
    uint32_t bit = address_hash(mac->hwaddr);
    hash[bit >> 5] |= 1u << (bit & 31);
  }
  mode |= (filter->all_multicast ? MAC_CR_MCPAS : 0) | (filter->promiscuous ? MAC_CR_PRMS : 0);
  state->mac_cr = (state->mac_cr & ~(MAC_CR_PRMS | MAC_CR_MCPAS | MAC_CR_HPFILT | MAC_CR_HO)) | mode;
  csr_write(r, HASHL, hash[0]);
  csr_write(r, HASHH, hash[1]);
  write_mac_cr(mac);
}

static void enable_interrupts(struct lan9118_registers *r, const struct lan9118 *state) {
  r->INT_EN = INT_RSFL | (state->tx_waits ? INT_TDFA : 0) | (state->link_changed ? 0 : INT_PHY);
}

/* Read the state of the link from the PHY, and take its duplex mode over. */
static void update_link(struct pkt_mac *mac) {
  struct lan9118_registers *r = registers(mac);
  struct lan9118 *state = mac->state;
  phy_read(r, PHY_INT_SOURCE); /* clears the PHY's interrupt; a later change raises it again */
  uint32_t irqs = pkt_os_irq_save();
  state->link_changed = false;
  enable_interrupts(r, state);
  pkt_os_irq_restore(irqs);
  int status = phy_read(r, PHY_BSR), ours = phy_read(r, PHY_ANAR), theirs = phy_read(r, PHY_ANLPAR);
  int common = ours < 0 || theirs < 0 ? 0 : ours & theirs;
  state->link_up = status >= 0 && status & PHY_BSR_LINK;
  state->full_duplex = common & PHY_AN_100FD || (common & (PHY_AN_100HD | PHY_AN_10FD)) == PHY_AN_10FD;
  write_mac_cr(mac);
}

static int lan9118_start(struct pkt_mac *mac) {
  const struct lan9118_config *config = mac->config;
  struct lan9118_registers *r = registers(mac);
  struct lan9118 *state = mac->state;
  *state = (struct lan9118){.mac_cr = MAC_CR_RXEN | MAC_CR_TXEN, .full_duplex = true};
  if (wait_for(&r->PMT_CTRL, PMT_CTRL_READY, PMT_CTRL_READY) != 0 || r->BYTE_TEST != BYTE_TEST_VALUE)
    return -EIO;
  r->HW_CFG = HW_CFG_SRST;
  if (wait_for(&r->HW_CFG, HW_CFG_SRST, 0) != 0)
    return -EIO;
  r->HW_CFG = HW_CFG_SF | HW_CFG_TX_FIF_SZ_5KB;
  r->FIFO_INT = FIFO_INT_LEVELS(mac->frame_size + TX_CMD_BYTES);
  r->RX_CFG = 0;
  r->TX_CFG = TX_CFG_TX_ON;
  r->IRQ_CFG = IRQ_CFG_IRQ_EN | IRQ_CFG_IRQ_POL | IRQ_CFG_IRQ_TYPE;
  r->INT_STS = ~0u;
  if (csr_write(r, ADDRL, pkt_address_low(mac->hwaddr)) != 0 ||
      csr_write(r, ADDRH, pkt_address_high(mac->hwaddr)) != 0 ||
      (!mac->restarting && phy_write(r, PHY_BCR, PHY_BCR_ANEN_RESTART) != 0) ||
      phy_write(r, PHY_INT_MASK, PHY_INT_NEGOTIATED | PHY_INT_LINK_DOWN) != 0 || write_mac_cr(mac) != 0)
    return -EIO;
  update_link(mac);
  pkt_os_irq_enable(config->irq);
  return 0;
}

static void lan9118_stop(struct pkt_mac *mac) {
  const struct lan9118_config *config = mac->config;
  pkt_os_irq_disable(config->irq);
  registers(mac)->INT_EN = 0;
  csr_write(registers(mac), MAC_CR, 0);
}

/* Move one frame out of the RX FIFO. */
static void receive(struct pkt_mac *mac, struct lan9118_registers *r) {
  uint32_t status = r->RX_STATUS;
  uint32_t length = RX_STATUS_LENGTH(status);
  uint32_t words = (length + 3) / 4;
  struct pkt_frame *frame = NULL;
  if (status & RX_STATUS_ES)
    mac->iface->rx_errors++;
  else if (length < PKT_ETH_HLEN + FCS_BYTES)
    mac->iface->rx_too_short++;
  else if (words * 4 > mac->frame_size)
    mac->iface->rx_too_long++;
  else if ((frame = pkt_fill_take(mac)) == NULL)
    mac->iface->rx_no_frame++;
  if (frame == NULL) { /* RX_DP_CTL's fast forward works only for four words and more */
    mac_fifo_discard(r->RX_DATA_FIFO, words);
    return;
  }
  mac_fifo_read8(r->RX_DATA_FIFO, pkt_frame_buffer(mac, frame), words);
  pkt_rx_begin(mac, frame);
  pkt_rx_give(mac, frame, 0, length - FCS_BYTES);
}

/* Write frames into the TX FIFO. False when it is full and frames are left. */
static bool send(struct pkt_mac *mac, struct lan9118_registers *r) {
  for (unsigned left = mac->tx.length; left > 0 && pkt_tx_pending(mac); left--) {
    uint32_t info = r->TX_FIFO_INF;
    for (uint32_t used = info & TX_FIFO_INF_TXSUSED; used > 0; used -= 0x10000)
      if (r->TX_STATUS & TX_STATUS_ES)
        mac->iface->tx_errors++;
    if ((info & TX_FIFO_INF_TDFREE) < mac->frame_size + TX_CMD_BYTES)
      return false;
    struct pkt_bytes bytes;
    struct pkt_frame *frame = pkt_tx_take(mac, &bytes);
    if (frame == NULL)
      continue;
    uint32_t shift = (uintptr_t)bytes.at & 3; /* number of bytes that the MAC skips in the first word */
    r->TX_DATA_FIFO[0] = shift << 16 | TX_CMD_A_FIRST_SEG | TX_CMD_A_LAST_SEG | bytes.len;
    r->TX_DATA_FIFO[0] = bytes.len;
    mac_fifo_write8(r->TX_DATA_FIFO, bytes.at - shift, (bytes.len + shift + 3) / 4);
    mac->iface->tx_frames++;
    pkt_completion_give(mac, frame);
  }
  return true;
}

static void lan9118_transmit(struct pkt_mac *mac) {
  struct lan9118 *state = mac->state;
  struct lan9118_registers *r = registers(mac);
  if (state->tx_waits || send(mac, r))
    return;
  uint32_t irqs = pkt_os_irq_save();
  state->tx_waits = true;
  enable_interrupts(r, state);
  pkt_os_irq_restore(irqs);
}

void lan9118_interrupt(struct pkt_mac *mac) {
  struct lan9118 *state = mac->state;
  struct lan9118_registers *r = registers(mac);
  uint32_t interrupts = r->INT_STS;
  r->INT_STS = interrupts;
  for (uint32_t left = RX_FIFO_INF_RXSUSED(r->RX_FIFO_INF); left > 0; left--) /* later frames raise another interrupt */
    receive(mac, r);
  mac->iface->rx_errors += r->RX_DROP; /* frames that did not fit into the FIFO; reading clears it */
  if (state->tx_waits && send(mac, r)) {
    state->tx_waits = false;
    enable_interrupts(r, state);
  }
  if (interrupts & INT_PHY && !state->link_changed) { /* reading the PHY takes too long here: service() does it */
    state->link_changed = true;
    enable_interrupts(r, state);
  }
  pkt_os_wake();
}

static bool lan9118_link(struct pkt_mac *mac) { return ((const struct lan9118 *)mac->state)->link_up; }

static void lan9118_service(struct pkt_mac *mac) {
  const struct lan9118 *state = mac->state;
  if (state->link_changed)
    update_link(mac);
}

const struct pkt_mac_ops lan9118_ops = {
    .name = "LAN9118",
    .tx_offset = 0,
    .start = lan9118_start,
    .stop = lan9118_stop,
    .transmit = lan9118_transmit,
    .set_filter = lan9118_set_filter,
    .link = lan9118_link,
    .service = lan9118_service,
};
