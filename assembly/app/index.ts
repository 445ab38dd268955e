// What an application imports: "pktsock/app".

export { App } from "./application";
export { Frame } from "./frame";
export { PacketSocket } from "./socket";
export * from "../packet";

// Protocols beside those that the core knows, in host order.
export const ETH_P_IP: u32 = 0x0800;
export const ETH_P_ARP: u32 = 0x0806;
export const ETH_P_IPV6: u32 = 0x86dd;
