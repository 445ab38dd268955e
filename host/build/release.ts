// `make release VERSION=1.2.3`: `tsx host/build/release.ts 1.2.3`. Checks what a release must be, writes its version and its heading
// in CHANGELOG.md, builds what is published, and makes a commit with a tag. It publishes nothing. What fails leaves the tree as it was.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { isMain } from "./main.js";
import { versionOf } from "./sbom.js";

const CHANGELOG = "CHANGELOG.md";
const WRITTEN = [CHANGELOG, "package.json", "package-lock.json"];
const HEADING = "## Unreleased\n";

/** A reason not to release; the message says it to the user. */
class Refusal extends Error {}

const git = (...args: readonly string[]): string => execFileSync("git", args, { encoding: "utf8" }).trim();

function make(...verbs: readonly string[]): void {
  const { status } = spawnSync("make", ["--no-print-directory", ...verbs], { stdio: "inherit" });
  if (status !== 0) throw new Refusal(`make ${verbs.join(" ")} failed`);
}

type Version = readonly [major: number, minor: number, patch: number];

function parse(text: string): Version {
  const match = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(text);
  if (match === null) throw new Refusal(`"${text}" is no version like 1.2.3`);
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Negative if a is before b. */
function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

const abiIn = (text: string): string => /\bABI_VERSION: u32 = (\d+);/.exec(text)![1]!;

/** Throws Refusal if `version` may not follow what was released, as CHANGELOG.md has the rules. */
function checkVersion(version: string): void {
  const wanted = parse(version);
  const tags = git("tag", "--list", "v*").split("\n").filter((tag) => /^v\d+\.\d+\.\d+$/.test(tag));
  if (tags.includes(`v${version}`)) throw new Refusal(`the tag v${version} exists`);
  const released = tags.map((tag) => tag.slice(1)).sort((a, b) => compare(parse(a), parse(b)));
  for (const before of [versionOf("package.json"), ...released])
    if (compare(wanted, parse(before)) < 0) throw new Refusal(`${version} is before ${before}`);
  const last = released.at(-1);
  if (last === undefined) return;
  const [abi, lastAbi] = [readFileSync("assembly/abi.ts", "utf8"), git("show", `v${last}:assembly/abi.ts`)].map(abiIn);
  const [major, minor] = parse(last);
  if (abi !== lastAbi && wanted[0] === major && wanted[1] === minor)
    throw new Refusal(`ABI_VERSION is ${abi}, and was ${lastAbi} in ${last}: that takes a new minor or major version`);
}

/** The text between the heading of what is unreleased and the next one. */
function unreleased(changelog: string): string {
  const start = changelog.indexOf(HEADING);
  if (start < 0) throw new Refusal(`${CHANGELOG} has no "${HEADING.trim()}"`);
  return changelog.slice(start + HEADING.length).split(/^## /m)[0]!.trim();
}

function release(version: string): void {
  if (git("status", "--porcelain") !== "") throw new Refusal("the work tree is not clean: commit or remove what git status lists");
  checkVersion(version);
  const changelog = readFileSync(CHANGELOG, "utf8");
  if (unreleased(changelog) === "") throw new Refusal(`${CHANGELOG} lists nothing as unreleased`);

  make("test");
  try {
    const today = new Date().toISOString().slice(0, 10);
    writeFileSync(CHANGELOG, changelog.replace(HEADING, `${HEADING}\n## ${version} - ${today}\n`));
    const allowSame = "--allow-same-version"; // the first release has the version that package.json began with
    execFileSync("npm", ["version", version, allowSame, "--no-git-tag-version", "--ignore-scripts"], { stdio: "ignore" });
    make("dist", "package");
    git("commit", "--quiet", "-m", `release: ${version}`, ...WRITTEN);
  } catch (error) {
    git("checkout", "--quiet", "--", ...WRITTEN);
    throw error;
  }
  git("tag", "-a", `v${version}`, "-m", `pktsock ${version}`);
  make("dist"); // its files have the commit's date
  console.log(`v${version} is tagged here. Publish it with: git push --follow-tags, and what is in build/dist.`);
}

if (isMain(import.meta.url)) {
  const [version = ""] = process.argv.slice(2);
  try {
    release(version);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(`release: ${error.message}.`);
    process.exitCode = 1;
  }
}
