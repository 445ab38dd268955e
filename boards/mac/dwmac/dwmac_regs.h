/* Registers and descriptors of the DesignWare 10/100 MAC of STM32F4, STM32F7 and ESP32, by the names of ST's reference
 * manuals RM0090 and RM0410, chapter "Ethernet". Offsets of MAC and PTP registers are from the MAC's base, those of DMA
 * registers from the DMA's. */
#ifndef DWMAC_REGS_H
#define DWMAC_REGS_H

/* MAC */
#define MACCR 0x00
#define MACCR_RE (1u << 2)
#define MACCR_TE (1u << 3)
#define MACCR_DM (1u << 11)
#define MACCR_FES (1u << 14)
#define MACCR_PS (1u << 15) /* MII or RMII, not GMII; reserved and always 1 on the STM32 */
#define MACCR_CSD (1u << 16)
#define MACFFR 0x04
#define MACFFR_PM (1u << 0)
#define MACFFR_HU (1u << 1)
#define MACFFR_HM (1u << 2)
#define MACFFR_PAM (1u << 4)
#define MACFFR_PCF_ALL (2u << 6)
#define MACFFR_HPF (1u << 10)
#define MACHTHR 0x08
#define MACHTLR 0x0c
#define MACMIIAR 0x10
#define MACMIIAR_MB (1u << 0)
#define MACMIIAR_MW (1u << 1)
#define MACMIIAR_CR_SHIFT 2
#define MACMIIAR_MR_SHIFT 6
#define MACMIIAR_PA_SHIFT 11
#define MACMIIDR 0x14
#define MACIMR 0x3c
#define MACIMR_TSTIM (1u << 9)
#define MACIMR_PMTIM (1u << 3)
#define MACAHR(n) (0x40 + 8 * (n))
#define MACAHR_AE (1u << 31) /* of address 0 always 1 on the STM32 */
#define MACALR(n) (0x44 + 8 * (n))
#define MMCRIMR 0x10c
#define MMCTIMR 0x110
#define MMC_ALL 0xffffffffu

#define PTPTSCR 0x700 /* and what follows it: dwmac_clock.c */

/* DMA */
#define DMABMR 0x00
#define DMABMR_SR (1u << 0)
#define DMABMR_EDFE (1u << 7)
#define DMABMR_PBL_32 (32u << 8)
#define DMABMR_FB (1u << 16)
#define DMABMR_RDP_32 (32u << 17)
#define DMABMR_USP (1u << 23)
#define DMABMR_AAB (1u << 25)
#define DMABMR_MB (1u << 26)
#define DMATPDR 0x04
#define DMARPDR 0x08
#define DMARDLAR 0x0c
#define DMATDLAR 0x10
#define DMASR 0x14
#define DMASR_TS (1u << 0)
#define DMASR_RS (1u << 6)
#define DMASR_RBUS (1u << 7)
#define DMASR_FBES (1u << 13)
#define DMASR_AIS (1u << 15)
#define DMASR_NIS (1u << 16)
#define DMASR_RPS (7u << 17)
#define DMASR_RPS_SUSPENDED (4u << 17)
#define DMASR_TPS (7u << 20)
#define DMASR_TPS_SUSPENDED (6u << 20)
#define DMAOMR 0x18
#define DMAOMR_SR (1u << 1)
#define DMAOMR_FUGF (1u << 6)
#define DMAOMR_FEF (1u << 7)
#define DMAOMR_ST (1u << 13)
#define DMAOMR_FTF (1u << 20)
#define DMAOMR_TSF (1u << 21)
#define DMAOMR_RSF (1u << 25)
#define DMAIER 0x1c /* bits as in DMASR */
#define DMAMFBOCR 0x20
#define DMAMFBOCR_MFC(value) ((value)&0xffff)
#define DMAMFBOCR_MFC_ROUND 0x10000u
#define DMAMFBOCR_OMFC (1u << 16)
#define DMAMFBOCR_MFA(value) ((value) >> 17 & 0x7ff)
#define DMAMFBOCR_MFA_ROUND 0x800u
#define DMAMFBOCR_OFOC (1u << 28)

/* Descriptors: words 0 to 3 always, 4 to 7 with EDFE. */
#define DES_STATUS 0
#define DES_CONTROL 1
#define DES_BUFFER 2
#define DES_NEXT 3
#define DES_TIME_LOW 6
#define DES_TIME_HIGH 7
#define DES_NO_TIME 0xffffffffu /* what the MAC writes if it has lost the time */
#define DES_OWN (1u << 31)
#define TDES0_IC (1u << 30)
#define TDES0_LS (1u << 29)
#define TDES0_FS (1u << 28)
#define TDES0_TTSE (1u << 25)
#define TDES0_TCH (1u << 20)
#define TDES0_TTSS (1u << 17)
#define TDES0_ES (1u << 15)
#define RDES0_FL(status) ((status) >> 16 & 0x3fff) /* FCS included */
#define RDES0_ES (1u << 15)
#define RDES0_FS (1u << 9)
#define RDES0_LS (1u << 8)
#define RDES0_TSV (1u << 7) /* with time stamps on */
#define RDES1_RCH (1u << 14)
#define FCS_BYTES 4u

#endif
