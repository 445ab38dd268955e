/* DesignWare 10/100 MAC: start, stop, MDIO, address filter. */
#include "../common/address.h"
#include "../common/dma.h"
#include "dwmac_internal.h"
#include "dwmac_regs.h"
#include <errno.h>
#include <pktsock/os.h>
#include <string.h>

/* The interrupts in use: reception, transmission, no RX descriptor, bus error. */
#define INTERRUPTS (DMASR_NIS | DMASR_AIS | DMASR_TS | DMASR_RS | DMASR_RBUS | DMASR_FBES)

static int mdio(struct pkt_mac *mac, unsigned phy, unsigned reg, uint32_t write) {
  volatile uint32_t *address = dwmac_mac(mac, MACMIIAR);
  if (*address & MACMIIAR_MB) /* an earlier access that timed out is still under way */
    return -EIO;
  *address = phy << MACMIIAR_PA_SHIFT | reg << MACMIIAR_MR_SHIFT |
             dwmac_mdc_range(dwmac_config(mac)->bus_clock()) << MACMIIAR_CR_SHIFT | write | MACMIIAR_MB;
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

static void write_address(struct pkt_mac *mac, unsigned number, const uint8_t *address) {
  dwmac_write(dwmac_mac(mac, MACAHR(number)), address != NULL ? pkt_address_high(address) | MACAHR_AE : 0);
  dwmac_write(dwmac_mac(mac, MACALR(number)),
              address != NULL ? pkt_address_low(address) : 0); /* this write makes both take effect */
}

static void write_filter(struct pkt_mac *mac) {
  const struct dwmac_config *config = dwmac_config(mac);
  const struct dwmac_filter *filter = &dwmac_core(mac)->filter;
  for (unsigned i = 0; i < config->exact_addresses; i++)
    write_address(mac, i + 1, i < filter->exact_count ? filter->exact[i] : NULL);
  if (config->hash_table) {
    dwmac_write(dwmac_mac(mac, MACHTLR), filter->hash[0]);
    dwmac_write(dwmac_mac(mac, MACHTHR), filter->hash[1]);
  }
  /* Promiscuous: control frames (PAUSE) too, as on Linux. */
  dwmac_write(dwmac_mac(mac, MACFFR),
              (config->hash_table ? MACFFR_HPF : 0) | (filter->promiscuous ? MACFFR_PM | MACFFR_PCF_ALL : 0) |
                  (filter->all_multicast ? MACFFR_PAM : 0) | (filter->hash_unicast ? MACFFR_HU : 0) |
                  (filter->hash_multicast ? MACFFR_HM : 0));
}

/* Store and forward in both FIFOs, so that no frame underruns. Forward bad and undersized frames, so that the driver can
 * count them: the MAC does not count undersized ones. */
#define OPERATION (DMAOMR_TSF | DMAOMR_RSF | DMAOMR_FEF | DMAOMR_FUGF)

/* Wait until a process of the DMA is stopped or suspended. */
static int wait_stopped(struct pkt_mac *mac, uint32_t mask, uint32_t suspended) {
  uint64_t limit = pkt_os_now() + DWMAC_STOP_US;
  uint32_t state;
  while ((state = *dwmac_dma(mac, DMASR) & mask) != 0 && state != suspended)
    if (pkt_os_now() > limit)
      return -EIO;
  return 0;
}

/* In half duplex, ignore the carrier while sending, as Linux does: a PHY with RMII need not tell its own. */
static void enable(struct pkt_mac *mac) {
  const struct phy *phy = &dwmac_core(mac)->phy;
  dwmac_rings_reset_tx(mac);
  dwmac_write(dwmac_dma(mac, DMAOMR), OPERATION | DMAOMR_SR | DMAOMR_ST);
  dwmac_write(dwmac_mac(mac, MACCR),
              MACCR_PS | (phy->fast ? MACCR_FES : 0) | (phy->full_duplex ? MACCR_DM : MACCR_CSD) | MACCR_TE | MACCR_RE);
}

static int disable(struct pkt_mac *mac) {
  dwmac_write(dwmac_dma(mac, DMAOMR), OPERATION | DMAOMR_SR);
  int error = wait_stopped(mac, DMASR_TPS, DMASR_TPS_SUSPENDED);
  dwmac_write(dwmac_mac(mac, MACCR), *dwmac_mac(mac, MACCR) & ~(MACCR_TE | MACCR_RE));
  if (error != 0)
    return error;
  dwmac_write(dwmac_dma(mac, DMAOMR), OPERATION | DMAOMR_SR | DMAOMR_FTF);
  return dwmac_wait_clear(dwmac_dma(mac, DMAOMR), DMAOMR_FTF, DWMAC_STOP_US);
}

static void restart_reception(struct pkt_mac *mac) {
  uint32_t mode = *dwmac_dma(mac, DMAOMR);
  dwmac_write(dwmac_dma(mac, DMAOMR), mode & ~DMAOMR_SR);
  wait_stopped(mac, DMASR_RPS, DMASR_RPS_SUSPENDED); /* what does not stop is restarted whole, later */
  pkt_os_irq_disable(dwmac_config(mac)->irq);
  dwmac_rings_reset_rx(mac);
  dwmac_write(dwmac_dma(mac, DMAOMR), mode);
  dwmac_rings_arm(mac);
  pkt_os_irq_enable(dwmac_config(mac)->irq);
}

/* The MAC's interrupts must be disabled, in its DMA or at the processor; the reset disables them in the DMA. */
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
  dwmac_rings_reset_rx(mac);
  *dwmac_dma(mac, DMASR) = INTERRUPTS;
  /* No checksum offload, because sockets see the bytes of the wire. */
  dwmac_write(dwmac_dma(mac, DMAOMR), OPERATION | DMAOMR_SR);
  dwmac_rings_arm(mac);
  *dwmac_dma(mac, DMAIER) = INTERRUPTS; /* last: from now on the handler uses the rings */
  return 0;
}

static void halt(struct pkt_mac *mac) {
  *dwmac_dma(mac, DMAIER) = 0;
  dwmac_write(dwmac_dma(mac, DMAOMR), 0);
  dwmac_write(dwmac_mac(mac, MACCR), *dwmac_mac(mac, MACCR) & ~(MACCR_TE | MACCR_RE));
}

static void ensure_halted(struct pkt_mac *mac) {
  if (dwmac_wait_clear(dwmac_dma(mac, DMASR), DMASR_RPS | DMASR_TPS, DWMAC_MDIO_US) != 0)
    *dwmac_dma(mac, DMABMR) |= DMABMR_SR;
}

/* Reading the register clears it; an overflow bit means that its counter wrapped once. */
static uint32_t count_missed(struct pkt_mac *mac) {
  uint32_t missed = *dwmac_dma(mac, DMAMFBOCR);
  return DMAMFBOCR_MFC(missed) + DMAMFBOCR_MFA(missed) + (missed & DMAMFBOCR_OMFC ? DMAMFBOCR_MFC_ROUND : 0) +
         (missed & DMAMFBOCR_OFOC ? DMAMFBOCR_MFA_ROUND : 0);
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
    .send = dwmac_rings_send,
    .arm_one = dwmac_rings_arm_one,
    .notify = dwmac_rings_notify,
};

static int dwmac_start(struct pkt_mac *mac) {
  const struct dwmac_config *config = dwmac_config(mac);
  struct dwmac *s = dwmac_state(mac);
  struct phy phy = mac->restarting ? phy_kept(&s->core.phy) : (struct phy){0};
  struct dwmac_clock clock = dwmac_clock_begin(mac);
  clock.registers = mac->ops->clock != NULL ? dwmac_mac(mac, PTPTSCR) : NULL;
  clock.bus_hz = config->bus_clock;
  memset(s, 0, sizeof(*s));
  s->core = (struct dwmac_core){.ops = &core_ops,
                                .phy = phy,
                                .phy_address = config->phy_address,
                                .exact_addresses = config->exact_addresses,
                                .hash_table = config->hash_table,
                                .clock = clock};
  dwmac_core_start(mac);
  pkt_os_irq_enable(config->irq);
  return 0;
}

static void dwmac_stop(struct pkt_mac *mac) {
  pkt_os_irq_disable(dwmac_config(mac)->irq);
  dwmac_core_stop(mac);
}

#define OPERATIONS                                                                                                     \
  .name = "DesignWare MAC", .tx_offset = 0, .start = dwmac_start, .stop = dwmac_stop, .transmit = dwmac_transmit,      \
  .refill = dwmac_refill, .set_filter = dwmac_set_filter, .link = dwmac_link, .service = dwmac_service

const struct pkt_mac_ops dwmac_ops = {OPERATIONS};
const struct pkt_mac_ops dwmac_ptp_ops = {OPERATIONS, .clock = &dwmac_clock_ops};
