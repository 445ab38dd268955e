import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

describe("template driver", () => {
  let dir: string;
  before(() => void (dir = mkdtempSync(join(tmpdir(), "pktsock-template-"))));
  after(() => rmSync(dir, { recursive: true }));

  it("compiles and loops frames back as mac.h says", function () {
    this.timeout(60_000);
    execFileSync("make", ["-s", "build/gen/pkt_abi.h"], { stdio: "inherit" });
    const program = join(dir, "template");
    const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-g"];
    const folders = ["-Ibuild/gen", "-Iboards/port", "-Iboards/mac"];
    const sources = ["test/support/template.c", "boards/mac/template.c"];
    execFileSync("cc", [...flags, ...folders, ...sources, "-o", program], { stdio: "inherit" });
    execFileSync(program, { stdio: "inherit" });
  });
});
