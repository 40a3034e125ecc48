import { defineConfig } from "vite";

// `npm run dev` shows the sources as they are edited, with the data of a console
// that runs: hoplab demo, or HOPSCOPE_CONSOLE=http://host:port.
const console = process.env.HOPSCOPE_CONSOLE ?? "http://127.0.0.1:9900";

export default defineConfig({
  base: "./",
  server: { host: "127.0.0.1", proxy: { "/api": { target: console, changeOrigin: true } } },
  build: {
    target: "es2022",
    // Nothing is inlined: the server's content security policy allows no data: in
    // scripts and styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  worker: { format: "es" },
});
