// Builds ../static from src: `npm run build`. The result is committed, so the same input must
// give the same bytes: versions are pinned in package.json and package-lock.json.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2] ?? `${here}../static`;

await mkdir(out, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.ts" },
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "esm",
  target: ["es2021", "chrome100", "firefox100", "safari15.4"],
  legalComments: "none",
  banner: {
    js: "/*! Forewarn console. Contains uPlot 1.6.32, (c) Leon Sorokin, MIT licence. */",
    css: "/*! Forewarn console. Contains uPlot 1.6.32, (c) Leon Sorokin, MIT licence. */",
  },
  outdir: out,
});
for (const name of ["index.html", "icon.svg"]) await copyFile(`${here}src/${name}`, `${out}/${name}`);
