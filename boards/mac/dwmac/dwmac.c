/* DesignWare 10/100 MAC: start, stop, MDIO, address filter. */
#include "../common/address.h"
#include "../common/dma.h"
#include "dwmac_internal.h"
#include "dwmac_regs.h"
#include <errno.h>
#include <pktsock/os.h>
#include <pktsock/ring.h>
#include <string.h>

/* The interrupts in use: reception, transmission, no RX descriptor, bus error. */
#define INTERRUPTS (DMASR_NIS | DMASR_AIS | DMASR_TS | DMASR_RS | DMASR_RBUS | DMASR_FBES)

/* The code in MACMIIAR.CR for the range of the bus clock: it selects a divider that keeps MDC at 2.5 MHz or less. */
static uint32_t mdc_range(uint32_t hz) {
  if (hz < 35000000)
    return 2; /* 16 */
  if (hz < 60000000)
    return 3; /* 26 */
  if (hz < 100000000)
    return 0; /* 42 */
  return hz < 150000000 ? 1 /* 62 */ : 4 /* 102 */;
}

static int mdio(struct pkt_mac *mac, unsigned phy, unsigned reg, uint32_t write) {
  volatile uint32_t *address = dwmac_mac(mac, MACMIIAR);
  if (*address & MACMIIAR_MB) /* an earlier access that timed out is still under way */
    return -EIO;
  *address = phy << MACMIIAR_PA_SHIFT | reg << MACMIIAR_MR_SHIFT |
             mdc_range(dwmac_config(mac)->bus_clock()) << MACMIIAR_CR_SHIFT | write | MACMIIAR_MB;
  return dwmac_wait_clear(address, MACMIIAR_MB, DWMAC_MDIO_US);
}

static int mdio_read(struct pkt_mac *mac, unsigned phy, unsigned reg) {
  int error = mdio(mac, phy, reg, 0);
  return error != 0 ? error : (int)(*dwmac_mac(mac, MACMIIDR) & 0xffff);
}

static int mdio_write(struct pkt_mac *mac, unsigned phy, unsigned reg, uint16_t value) {
  *dwmac_mac(mac, MACMIIDR) = value;
  return mdio(mac, phy, reg, MACMIIAR_MW);
}

static const struct phy_bus phy_bus = {.read = mdio_read, .write = mdio_write};

static void write_address(struct pkt_mac *mac, unsigned number, const uint8_t *address) {
  dwmac_write(dwmac_mac(mac, MACAHR(number)), address != NULL ? pkt_address_high(address) | MACAHR_AE : 0);
  dwmac_write(dwmac_mac(mac, MACALR(number)),
              address != NULL ? pkt_address_low(address) : 0); /* this write makes both take effect */
}

static void write_filter(struct pkt_mac *mac) {
  const struct dwmac_config *config = dwmac_config(mac);
  const struct dwmac_filter *filter = &dwmac_state(mac)->filter;
  for (unsigned i = 0; i < config->exact_addresses; i++)
    write_address(mac, i + 1, i < filter->exact_count ? filter->exact[i] : NULL);
  if (config->hash_table) {
    dwmac_write(dwmac_mac(mac, MACHTLR), filter->hash[0]);
    dwmac_write(dwmac_mac(mac, MACHTHR), filter->hash[1]);
  }
  dwmac_write(dwmac_mac(mac, MACFFR), (config->hash_table ? MACFFR_HPF : 0) | (filter->promiscuous ? MACFFR_PM : 0) |
                                          (filter->all_multicast ? MACFFR_PAM : 0) |
                                          (filter->hash_unicast ? MACFFR_HU : 0) |
                                          (filter->hash_multicast ? MACFFR_HM : 0));
}

static void dwmac_set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  struct dwmac *s = dwmac_state(mac);
  dwmac_split_filter(&s->filter, filter, dwmac_config(mac)->exact_addresses, dwmac_config(mac)->hash_table);
  if (s->recovery.running) /* otherwise bring_up() writes it */
    write_filter(mac);
}

static void write_mode(struct pkt_mac *mac) {
  const struct phy *phy = &dwmac_state(mac)->phy;
  dwmac_write(dwmac_mac(mac, MACCR),
              MACCR_PS | (phy->fast ? MACCR_FES : 0) | (phy->full_duplex ? MACCR_DM : 0) | MACCR_TE | MACCR_RE);
}

/* Reset the MAC, program and start it. The MAC's interrupts must be disabled, in its DMA or at the processor. */
static int bring_up(struct pkt_mac *mac) {
  const struct dwmac_config *config = dwmac_config(mac);
  if (config->before_reset != NULL)
    config->before_reset();
  dwmac_write(dwmac_dma(mac, DMABMR), *dwmac_dma(mac, DMABMR) | DMABMR_SR);
  if (dwmac_wait_clear(dwmac_dma(mac, DMABMR), DMABMR_SR, DWMAC_RESET_US) != 0)
    return -EIO;
  dwmac_write(dwmac_dma(mac, DMABMR), DMABMR_AAB | (config->mixed_bursts ? DMABMR_MB : DMABMR_FB) | DMABMR_USP |
                                          DMABMR_RDP_32 | DMABMR_PBL_32 |
                                          (config->descriptor_stride == 32 ? DMABMR_EDFE : 0));
  /* Mask the MAC's other interrupts (counters at half their range, time stamps, wake-up), which share the line. */
  if (config->mmc) {
    *dwmac_mac(mac, MMCRIMR) = MMC_ALL;
    *dwmac_mac(mac, MMCTIMR) = MMC_ALL;
  }
  *dwmac_mac(mac, MACIMR) = MACIMR_TSTIM | MACIMR_PMTIM;
  write_address(mac, 0, mac->hwaddr);
  write_filter(mac);
  dwmac_clock_start(mac);
  uint32_t irqs = pkt_os_irq_save();
  dwmac_rings_reset(mac);
  *dwmac_dma(mac, DMASR) = INTERRUPTS;
  *dwmac_dma(mac, DMAIER) = INTERRUPTS;
  /* Store and forward in both FIFOs, so that no frame underruns. Forward bad and undersized frames, so that the driver
   * can count them: the MAC does not count undersized ones. No checksum offload, because sockets see the bytes of the
   * wire. */
  dwmac_write(dwmac_dma(mac, DMAOMR), DMAOMR_TSF | DMAOMR_RSF | DMAOMR_FEF | DMAOMR_FUGF | DMAOMR_ST | DMAOMR_SR);
  dwmac_rings_arm(mac);
  pkt_os_irq_restore(irqs);
  write_mode(mac);
  return 0;
}

/* Stop the MAC and drop the frames that it was sending. */
static void take_down(struct pkt_mac *mac) {
  *dwmac_dma(mac, DMAIER) = 0;
  dwmac_write(dwmac_dma(mac, DMAOMR), 0);
  dwmac_write(dwmac_mac(mac, MACCR), MACCR_PS);
  uint32_t irqs = pkt_os_irq_save();
  dwmac_rings_drop_tx(mac);
  pkt_os_irq_restore(irqs);
  phy_init(&dwmac_state(mac)->phy);
}

static const struct dwmac_recovery_ops recovery_ops = {.bring_up = bring_up, .take_down = take_down};

static int dwmac_start(struct pkt_mac *mac) {
  struct dwmac *s = dwmac_state(mac);
  memset(s, 0, sizeof(*s));
  dwmac_recover(&s->recovery, mac, &recovery_ops, false);
  pkt_os_irq_enable(dwmac_config(mac)->irq);
  return 0;
}

static void dwmac_stop(struct pkt_mac *mac) {
  pkt_os_irq_disable(dwmac_config(mac)->irq);
  take_down(mac);
  /* The memory will be reused: make sure that the DMA has stopped, or reset it. */
  if (dwmac_wait_clear(dwmac_dma(mac, DMASR), DMASR_RPS | DMASR_TPS, DWMAC_MDIO_US) != 0)
    *dwmac_dma(mac, DMABMR) |= DMABMR_SR;
}

/* Count the frames that the MAC dropped because it had no descriptor. Reading the register clears it; an overflow bit
 * means that its counter wrapped once. */
static void count_missed(struct pkt_mac *mac) {
  uint32_t missed = *dwmac_dma(mac, DMAMFBOCR);
  uint32_t rounds =
      (missed & DMAMFBOCR_OMFC ? DMAMFBOCR_MFC_ROUND : 0) + (missed & DMAMFBOCR_OFOC ? DMAMFBOCR_MFA_ROUND : 0);
  uint32_t irqs = pkt_os_irq_save();
  mac->iface->rx_no_frame += DMAMFBOCR_MFC(missed) + DMAMFBOCR_MFA(missed) + rounds;
  pkt_os_irq_restore(irqs);
}

static void dwmac_service(struct pkt_mac *mac) {
  struct dwmac *s = dwmac_state(mac);
  if (!dwmac_recover(&s->recovery, mac, &recovery_ops, s->tx_busy > 0))
    return;
  count_missed(mac);
  dwmac_clock_follow(mac);
  dwmac_refill(mac);
  if (phy_service(&s->phy, mac, &phy_bus, dwmac_config(mac)->phy_address) && phy_is_up(&s->phy))
    write_mode(mac);
}

static bool dwmac_link(struct pkt_mac *mac) {
  const struct dwmac *s = dwmac_state(mac);
  return s->recovery.running && phy_is_up(&s->phy);
}

const struct pkt_mac_ops dwmac_ops = {
    .name = "DesignWare MAC",
    .tx_offset = 0,
    .start = dwmac_start,
    .stop = dwmac_stop,
    .transmit = dwmac_transmit,
    .refill = dwmac_refill,
    .set_filter = dwmac_set_filter,
    .link = dwmac_link,
    .service = dwmac_service,
};
