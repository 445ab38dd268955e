// An interface of this machine as the end of a cable: socat has a packet socket of the Linux kernel on it.
import { execFileSync } from "node:child_process";
import { Socat } from "./socat.js";

export class NetInterface extends Socat {
  /** The interface's address, such as "02:00:00:00:00:01": its hardware takes frames to no other. */
  hwaddr = "";

  /** Opens an interface that exists. This needs root. */
  static async open(name: string): Promise<NetInterface> {
    if (!/^[^\s/:,]{1,15}$/.test(name)) throw new Error(`"${name}" cannot be the name of an interface`);
    const end = await Socat.start(NetInterface, `INTERFACE:${name}`);
    try {
      await end.started(`the interface ${name} does not open`);
      const link = execFileSync("ip", ["-o", "link", "show", "dev", name], { encoding: "utf8" });
      end.hwaddr = /link\/ether (\S+)/.exec(link)?.[1] ?? "";
      if (end.hwaddr === "") throw new Error(`the interface ${name} has no Ethernet address`);
    } catch (error) {
      await end.close();
      throw error;
    }
    return end;
  }
}
