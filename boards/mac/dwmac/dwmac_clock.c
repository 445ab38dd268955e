/* The IEEE 1588 clock of the DesignWare MAC: it counts nanoseconds in fine correction mode, driven by the bus clock. */
#include "dwmac_internal.h"
#include "dwmac_regs.h"
#include <pktsock/os.h>

enum { UPDATE_US = 1000 }; /* an update takes effect within a few cycles */

static void set_time(struct pkt_mac *mac) {
  uint32_t sec, nsec;
  pkt_os_time(&sec, &nsec);
  *dwmac_mac(mac, PTPTSHUR) = sec;
  *dwmac_mac(mac, PTPTSLUR) = nsec;
  dwmac_write(dwmac_mac(mac, PTPTSCR), *dwmac_mac(mac, PTPTSCR) | PTPTSCR_TSSTI);
  dwmac_wait_clear(dwmac_mac(mac, PTPTSCR), PTPTSCR_TSSTI, UPDATE_US);
}

void dwmac_clock_start(struct pkt_mac *mac) {
  if (!dwmac_config(mac)->time_stamps)
    return;
  struct dwmac_clock_rate rate = dwmac_clock_rate(dwmac_config(mac)->bus_clock());
  /* Stamp all received frames; count nanoseconds up to one second. */
  uint32_t mode = PTPTSCR_TSE | PTPTSCR_TSSARFE | PTPTSCR_TSSSR;
  dwmac_write(dwmac_mac(mac, PTPTSCR), mode);
  *dwmac_mac(mac, PTPSSIR) = rate.increment;
  *dwmac_mac(mac, PTPTSAR) = rate.addend;
  dwmac_write(dwmac_mac(mac, PTPTSCR), mode | PTPTSCR_TTSARU);
  dwmac_wait_clear(dwmac_mac(mac, PTPTSCR), PTPTSCR_TTSARU, UPDATE_US);
  dwmac_write(dwmac_mac(mac, PTPTSCR), mode | PTPTSCR_TSFCU);
  set_time(mac);
}

void dwmac_clock_follow(struct pkt_mac *mac) {
  if (!dwmac_config(mac)->time_stamps)
    return;
  uint32_t sec = *dwmac_mac(mac, PTPTSHR), nsec = *dwmac_mac(mac, PTPTSLR);
  if (*dwmac_mac(mac, PTPTSHR) == sec &&
      dwmac_clock_is_off(sec, nsec)) /* otherwise a second ended between the two reads */
    set_time(mac);
}
