// One file without a request to anywhere: the program carries it and serves it.
import { defineConfig } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: { target: "es2020", modulePreload: false, outDir: "dist", emptyOutDir: true },
  plugins: [viteSingleFile({ removeViteModuleLoader: true })],
});
