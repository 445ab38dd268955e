import type { Endpoint } from "./endpoint.js";
import type { PcapngWriter } from "./pcapng.js";

/** The endpoint, with everything that it sends ("out") and gets ("in") written to the capture as interface `name`. */
export function recorded(endpoint: Endpoint, writer: PcapngWriter, name: string): Endpoint {
  const number = writer.addInterface(name);
  const wrapper: Endpoint = {
    onFrame: null,
    send(frame) {
      writer.frame(number, frame, "in");
      endpoint.send(frame);
    },
    close: () => endpoint.close(),
  };
  endpoint.onFrame = (frame) => {
    writer.frame(number, frame, "out");
    wrapper.onFrame?.(frame);
  };
  return wrapper;
}
