// Builds ../static from src: `npm run build`. The result is committed, so the same input must
// give the same bytes: versions are pinned in package.json and package-lock.json.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2] ?? `${here}../static`;

const notice =
  "/*! Forewarn console. Contains uPlot 1.6.32, (c) Leon Sorokin, MIT licence, Preact 11.2.0, (c) Jason Miller, MIT licence, and " +
  "Leaflet 1.9.4, (c) Volodymyr Agafonkin, CloudMade, BSD 2-clause licence: see licences.txt. */";

await mkdir(out, { recursive: true });
// Parts that are loaded when they are needed are named by what is in them: old ones must go.
for (const name of await readdir(out)) if (name.endsWith(".js")) await rm(`${out}/${name}`);
await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.ts", signin: "src/signin.ts" },
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "esm",
  splitting: true,
  alias: { leaflet: "leaflet/dist/leaflet-src.esm.js" },
  target: ["es2021", "chrome100", "firefox100", "safari15.4"],
  legalComments: "none",
  banner: { js: notice, css: notice },
  outdir: out,
});
for (const name of ["index.html", "signin.html", "icon.svg", "report.css"]) await copyFile(`${here}src/${name}`, `${out}/${name}`);

// The licences ask for their text to go with what is built.
const texts = ["uplot", "preact", "leaflet"].map((name) => readFile(`${here}node_modules/${name}/LICENSE`, "utf8"));
await writeFile(`${out}/licences.txt`, (await Promise.all(texts)).map((text) => text.trim()).join("\n\n\n") + "\n");
