// What an application imports: "pktsock/app".

export { App } from "./application";
export { Frame } from "./frame";
export { PacketSocket } from "./socket";
export * from "../packet";
