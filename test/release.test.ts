// `make release`, in a repository that is thrown away, with a make that only records what it was asked for.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const tsx = import.meta.resolve("tsx");
const script = resolve("host/build/release.ts");

describe("make release", function () {
  this.timeout(240_000);
  let folder: string;
  let log: string;
  let env: NodeJS.ProcessEnv;

  const git = (...args: readonly string[]): string =>
    execFileSync("git", args, { cwd: folder, env, encoding: "utf8" }).trim();
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const commit = (): void => void git("commit", "--quiet", "--all", "-m", "a change");
  const unreleased = (text: string): void =>
    write("CHANGELOG.md", read("CHANGELOG.md").replace(/## Unreleased\n[^#]*/, `## Unreleased\n\n${text}\n\n`));
  const release = (version: string) =>
    spawnSync(process.execPath, ["--import", tsx, script, version], { cwd: folder, env, encoding: "utf8" });

  function refuses(version: string, sentence: RegExp): void {
    const before = [git("rev-parse", "HEAD"), git("tag"), git("status", "--porcelain")];
    const { status, stderr } = release(version);
    assert.equal(status, 1, stderr);
    assert.match(stderr, sentence);
    assert.deepEqual([git("rev-parse", "HEAD"), git("tag"), git("status", "--porcelain")], before);
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pktsock-release-"));
    const tools = mkdtempSync(join(tmpdir(), "pktsock-make-"));
    log = join(tools, "log");
    // FAILING is the verb that fails.
    writeFileSync(
      join(tools, "make"),
      `#!/bin/sh\necho "$@" >>${log}\ncase " $* " in *" \${FAILING:-nothing} "*) exit 2 ;; esac\n`,
    );
    chmodSync(join(tools, "make"), 0o755);
    const identity = {
      GIT_AUTHOR_NAME: "a",
      GIT_AUTHOR_EMAIL: "a@b",
      GIT_COMMITTER_NAME: "a",
      GIT_COMMITTER_EMAIL: "a@b",
    };
    env = { ...process.env, ...identity, PATH: `${tools}:${process.env["PATH"]}` };
    mkdirSync(join(folder, "assembly"));
    for (const file of ["CHANGELOG.md", "package.json", "package-lock.json", "assembly/abi.ts"])
      cpSync(file, join(folder, file));
    git("init", "--quiet");
    git("add", "--all");
    unreleased("- Something new.");
    commit();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    rmSync(join(log, ".."), { recursive: true });
  });

  it("tests, writes the version, builds, commits and tags", () => {
    const { status, stderr } = release("1.2.3");
    assert.equal(status, 0, stderr);
    const verbs = readFileSync(log, "utf8").replaceAll("--no-print-directory ", "");
    assert.equal(verbs, "test\ndist package\ndist\n");
    assert.match(read("CHANGELOG.md"), /^## Unreleased\n\n## 1\.2\.3 - \d{4}-\d\d-\d\d\n\n- Something new\.$/m);
    for (const file of ["package.json", "package-lock.json"])
      assert.equal((JSON.parse(read(file)) as { version: string }).version, "1.2.3", file);
    assert.equal(git("status", "--porcelain"), "");
    assert.equal(git("log", "-1", "--format=%s"), "release: 1.2.3");
    assert.equal(git("rev-parse", "v1.2.3^{commit}"), git("rev-parse", "HEAD"));
    refuses("1.2.3", /the tag v1\.2\.3 exists/);
    refuses("1.2.2", /1\.2\.2 is before 1\.2\.3/);
    refuses("1.2.4", /CHANGELOG\.md lists nothing as unreleased/);
  });

  it("may release the version that package.json has, if it was not released", () => {
    const { version } = JSON.parse(read("package.json")) as { version: string };
    assert.equal(release(version).status, 0);
    assert.equal(git("tag"), `v${version}`);
  });

  it("refuses a tree that is not clean", () => {
    write("left-over", "");
    refuses("1.2.3", /the work tree is not clean/);
  });

  for (const version of ["", "1.2", "v1.2.3", "1.2.3-rc1", "01.2.3"]) {
    it(`refuses what is no version: "${version}"`, () => refuses(version, /is no version like 1\.2\.3/));
  }

  it("refuses a patch that changes the ABI", () => {
    assert.equal(release("1.2.3").status, 0);
    unreleased("- Another ABI.");
    write("assembly/abi.ts", read("assembly/abi.ts").replace(/(ABI_VERSION: u32 = )\d+/, "$1999"));
    commit();
    refuses("1.2.4", /ABI_VERSION is 999, and was \d+ in 1\.2\.3: that takes a new minor or major version/);
    assert.equal(release("1.3.0").status, 0);
  });

  for (const verb of ["test", "package"]) {
    it(`leaves everything as it was if make ${verb} fails`, () => {
      env["FAILING"] = verb;
      const before = [git("rev-parse", "HEAD"), read("CHANGELOG.md"), read("package.json")];
      const { status, stderr } = release("1.2.3");
      assert.equal(status, 1);
      assert.match(
        stderr,
        verb === "test" ? /^release: make test failed\.$/m : /^release: make dist package failed\.$/m,
      );
      assert.deepEqual([git("rev-parse", "HEAD"), read("CHANGELOG.md"), read("package.json")], before);
      assert.equal(git("status", "--porcelain") + git("tag"), "");
    });
  }
});
