// From src/ and public/ to dist/, which any web server can serve: everything comes from the page's own origin.
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const out = "dist";
const runtime = join(dirname(fileURLToPath(import.meta.resolve("@litertjs/core"))), "..", "wasm");

rmSync(out, { recursive: true, force: true });
cpSync("public", out, { recursive: true });
cpSync(runtime, join(out, "wasm"), { recursive: true, filter: (path) => !path.includes("_jspi_") });

const shared = { bundle: true, minify: true, sourcemap: true, target: "es2022", outdir: out, logLevel: "warning" };
await build({ ...shared, entryPoints: ["src/main.js", "src/style.css"], format: "esm" });
await build({ ...shared, entryPoints: ["src/worker.js"], format: "iife" }); // LiteRT.js wants importScripts

// The service worker keeps all of it but the variants of LiteRT.js that this browser does not ask for.
const files = readdirSync(out, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(out, join(entry.parentPath ?? entry.path, entry.name)))
  .filter((name) => !name.endsWith(".map"))
  .sort();
const digest = createHash("sha256");
for (const name of files) digest.update(name).update(readFileSync(join(out, name)));
const shell = files.filter((name) => !name.startsWith("wasm/"));
await build({
  ...shared,
  entryPoints: ["src/service_worker.js"],
  format: "iife",
  sourcemap: false,
  define: { VERSION: JSON.stringify(digest.digest("hex").slice(0, 16)), FILES: JSON.stringify(["./", ...shell]) },
});
console.log(`${out}/ holds ${files.length} files; 'npm run serve' shows them`);
