/* STM32H7 Ethernet MAC: start, stop, MDIO, address filter. */
#include "../common/address.h"
#include "../common/dma.h"
#include "dwmac_h7_internal.h"
#include "dwmac_h7_regs.h"
#include <errno.h>
#include <pktsock/os.h>
#include <string.h>

enum { EXACT_ADDRESSES = 3 }; /* in addition to its own */

/* The interrupts in use: reception, transmission, no RX descriptor, bus error. */
#define INTERRUPTS (DMACSR_NIS | DMACSR_AIS | DMACSR_TI | DMACSR_RI | DMACSR_RBU | DMACSR_FBE)

static volatile uint32_t *reg(const struct pkt_mac *mac, unsigned offset) { return dwmac_h7_reg(mac, offset); }

static int mdio(struct pkt_mac *mac, unsigned phy, unsigned number, uint32_t operation) {
  if (*reg(mac, MACMDIOAR) & MACMDIOAR_MB) /* an earlier access that timed out is still under way */
    return -EIO;
  *reg(mac, MACMDIOAR) = phy << MACMDIOAR_PA_SHIFT | number << MACMDIOAR_RDA_SHIFT |
                         dwmac_mdc_range(dwmac_h7_config(mac)->bus_clock()) << MACMDIOAR_CR_SHIFT | operation |
                         MACMDIOAR_MB;
  return dwmac_wait_clear(reg(mac, MACMDIOAR), MACMDIOAR_MB, DWMAC_MDIO_US);
}

static int mdio_read(struct pkt_mac *mac, unsigned phy, unsigned number) {
  int error = mdio(mac, phy, number, MACMDIOAR_GOC_READ);
  return error != 0 ? error : (int)(*reg(mac, MACMDIODR) & 0xffff);
}

static int mdio_write(struct pkt_mac *mac, unsigned phy, unsigned number, uint16_t value) {
  *reg(mac, MACMDIODR) = value;
  return mdio(mac, phy, number, MACMDIOAR_GOC_WRITE);
}

static void write_address(struct pkt_mac *mac, unsigned number, const uint8_t *address) {
  dwmac_write(reg(mac, MACAHR(number)), address != NULL ? pkt_address_high(address) | MACAHR_AE : 0);
  dwmac_write(reg(mac, MACALR(number)),
              address != NULL ? pkt_address_low(address) : 0); /* this write makes both take effect */
}

static void write_filter(struct pkt_mac *mac) {
  const struct dwmac_filter *filter = &dwmac_core(mac)->filter;
  for (unsigned i = 0; i < EXACT_ADDRESSES; i++)
    write_address(mac, i + 1, i < filter->exact_count ? filter->exact[i] : NULL);
  dwmac_write(reg(mac, MACHT0R), filter->hash[0]);
  dwmac_write(reg(mac, MACHT1R), filter->hash[1]);
  /* Promiscuous: control frames (PAUSE) too, as on Linux. */
  dwmac_write(reg(mac, MACPFR), MACPFR_HPF | (filter->promiscuous ? MACPFR_PR | MACPFR_PCF_ALL : 0) |
                                    (filter->all_multicast ? MACPFR_PM : 0) | (filter->hash_unicast ? MACPFR_HUC : 0) |
                                    (filter->hash_multicast ? MACPFR_HMC : 0));
}

/* Store and forward, in a queue of 2 KB. */
#define TX_QUEUE (MTLTXQOMR_TQS_2048 | MTLTXQOMR_TXQEN | MTLTXQOMR_TSF)

/* Wait until a process of the DMA is stopped or suspended. */
static int wait_stopped(struct pkt_mac *mac, uint32_t mask, uint32_t suspended) {
  uint64_t limit = pkt_os_now() + DWMAC_STOP_US;
  uint32_t state;
  while ((state = *reg(mac, DMADSR) & mask) != 0 && state != suspended)
    if (pkt_os_now() > limit)
      return -EIO;
  return 0;
}

/* In half duplex, ignore the carrier while sending, as Linux does: a PHY with RMII need not tell its own. */
static void enable(struct pkt_mac *mac) {
  const struct phy *phy = &dwmac_core(mac)->phy;
  dwmac_h7_rings_reset_tx(mac);
  *reg(mac, DMACTXCR) = DMACTXCR_TXPBL_32 | DMACTXCR_ST;
  dwmac_write(reg(mac, MACCR), (*reg(mac, MACCR) & MACCR_RESERVED) | (phy->fast ? MACCR_FES : 0) |
                                   (phy->full_duplex ? MACCR_DM : MACCR_DCRS) | MACCR_TE | MACCR_RE);
}

static int disable(struct pkt_mac *mac) {
  *reg(mac, DMACTXCR) = DMACTXCR_TXPBL_32;
  int error = wait_stopped(mac, DMADSR_TPS0, DMADSR_TPS0_SUSPENDED);
  dwmac_write(reg(mac, MACCR), *reg(mac, MACCR) & ~(MACCR_TE | MACCR_RE));
  if (error != 0)
    return error;
  *reg(mac, MTLTXQOMR) = TX_QUEUE | MTLTXQOMR_FTQ;
  return dwmac_wait_clear(reg(mac, MTLTXQOMR), MTLTXQOMR_FTQ, DWMAC_STOP_US);
}

static void start_reception(struct pkt_mac *mac) {
  *reg(mac, DMACRXCR) = DMACRXCR_RXPBL_32 | (mac->frame_size & ~3u) << DMACRXCR_RBSZ_SHIFT | DMACRXCR_SR;
  dwmac_h7_rings_arm(mac);
}

static void restart_reception(struct pkt_mac *mac) {
  *reg(mac, DMACRXCR) &= ~DMACRXCR_SR;
  wait_stopped(mac, DMADSR_RPS0, DMADSR_RPS0_SUSPENDED); /* what does not stop is restarted whole, later */
  pkt_os_irq_disable(dwmac_h7_config(mac)->irq);
  dwmac_h7_rings_reset_rx(mac);
  start_reception(mac);
  pkt_os_irq_enable(dwmac_h7_config(mac)->irq);
}

/* The MAC's interrupts must be disabled, in its DMA or at the processor; the reset disables them in the DMA. */
static int bring_up(struct pkt_mac *mac) {
  dwmac_write(reg(mac, DMAMR), DMAMR_SWR); /* must not be read for four bus cycles */
  if (dwmac_wait_clear(reg(mac, DMAMR), DMAMR_SWR, DWMAC_RESET_US) != 0)
    return -EIO;
  *reg(mac, DMASBMR) = DMASBMR_AAL | DMASBMR_FB;
  *reg(mac, DMACCR) = 0; /* no gaps between descriptors */
  /* Mask the MAC's other interrupts (counters at half their range, time stamps, wake-up), which share the line. */
  *reg(mac, MMC_RX_INTERRUPT_MASK) = MMC_ALL;
  *reg(mac, MMC_TX_INTERRUPT_MASK) = MMC_ALL;
  *reg(mac, MACIER) = 0;
  /* Store and forward in both queues, so that no frame underruns. Forward bad and undersized frames, so that the driver
   * can count them. No checksum offload, because sockets see the bytes of the wire. */
  *reg(mac, MTLTXQOMR) = TX_QUEUE;
  *reg(mac, MTLRXQOMR) = MTLRXQOMR_RQS_2048 | MTLRXQOMR_RSF | MTLRXQOMR_FEP | MTLRXQOMR_FUP;
  write_address(mac, 0, mac->hwaddr);
  write_filter(mac);
  dwmac_clock_start(mac);
  dwmac_h7_rings_reset_rx(mac);
  *reg(mac, DMACSR) = INTERRUPTS;
  start_reception(mac);
  *reg(mac, DMACIER) = INTERRUPTS; /* last: from now on the handler uses the rings */
  return 0;
}

static void halt(struct pkt_mac *mac) {
  *reg(mac, DMACIER) = 0;
  *reg(mac, DMACTXCR) &= ~DMACTXCR_ST;
  *reg(mac, DMACRXCR) &= ~DMACRXCR_SR;
  dwmac_write(reg(mac, MACCR), *reg(mac, MACCR) & ~(MACCR_TE | MACCR_RE));
}

static void ensure_halted(struct pkt_mac *mac) {
  if (dwmac_wait_clear(reg(mac, DMADSR), DMADSR_RPS0 | DMADSR_TPS0, DWMAC_MDIO_US) != 0)
    *reg(mac, DMAMR) |= DMAMR_SWR;
}

/* Reading the register clears it; an overflow bit means that its counter wrapped once. */
static uint32_t count_missed(struct pkt_mac *mac) {
  uint32_t missed = *reg(mac, MTLRXQMPOCR);
  return MTLRXQMPOCR_OVFPKTCNT(missed) + MTLRXQMPOCR_MISPKTCNT(missed) +
         (missed & MTLRXQMPOCR_OVFCNTOVF ? MTLRXQMPOCR_ROUND : 0) +
         (missed & MTLRXQMPOCR_MISCNTOVF ? MTLRXQMPOCR_ROUND : 0);
}

static const struct dwmac_core_ops core_ops = {
    .phy_bus = {.read = mdio_read, .write = mdio_write},
    .bring_up = bring_up,
    .halt = halt,
    .ensure_halted = ensure_halted,
    .enable = enable,
    .disable = disable,
    .restart_reception = restart_reception,
    .missed = count_missed,
    .write_filter = write_filter,
    .send = dwmac_h7_rings_send,
    .arm_one = dwmac_h7_rings_arm_one,
    .notify = dwmac_h7_rings_notify,
};

static int dwmac_h7_start(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  struct phy phy = mac->restarting ? phy_kept(&s->core.phy) : (struct phy){0};
  struct dwmac_clock clock = dwmac_clock_begin(mac);
  clock.registers = reg(mac, MACTSCR);
  clock.bus_hz = dwmac_h7_config(mac)->bus_clock;
  clock.increment_shift = MACSSIR_SSINC_SHIFT;
  memset(s, 0, sizeof(*s));
  s->core = (struct dwmac_core){.ops = &core_ops,
                                .phy = phy,
                                .phy_address = dwmac_h7_config(mac)->phy_address,
                                .exact_addresses = EXACT_ADDRESSES,
                                .hash_table = true,
                                .clock = clock};
  dwmac_core_start(mac);
  pkt_os_irq_enable(dwmac_h7_config(mac)->irq);
  return 0;
}

static void dwmac_h7_stop(struct pkt_mac *mac) {
  pkt_os_irq_disable(dwmac_h7_config(mac)->irq);
  dwmac_core_stop(mac);
}

const struct pkt_mac_ops dwmac_h7_ops = {
    .name = "STM32H7 MAC",
    .tx_offset = 0,
    .start = dwmac_h7_start,
    .stop = dwmac_h7_stop,
    .transmit = dwmac_transmit,
    .refill = dwmac_refill,
    .set_filter = dwmac_set_filter,
    .link = dwmac_link,
    .service = dwmac_service,
    .clock = &dwmac_clock_ops,
};
